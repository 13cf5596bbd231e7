/** Datagrams to a Unix socket, which Node has not: what sd_notify(3) is made of. */
import { check, close } from './listening.ts'
import * as os from './platform.ts'
import { posix } from './posix.ts'

/**
 * Tell a service manager something.
 *
 * @param socket the path of its socket, or a name that begins with `@` where it is not in the file system (unix(7))
 * @param text such as `READY=1`
 * @throws ECONNREFUSED, ENOENT, EACCES and others: it has not been told
 */
export function notify(socket: string, text: string): void {
  const fd = check(posix.socket(os.constants.AF_UNIX, os.SOCK_DGRAM, 0), 'socket')
  try {
    const name = os.unixAddress(socket.replace(/^@/, '\0'))
    // The length tells where a name that is not a path ends.
    const exact = name.subarray(0, 2 + Buffer.byteLength(socket))
    const bytes = Buffer.from(text)
    check(posix.sendto(fd, bytes, bytes.length, 0, exact, exact.length), 'sendto', socket)
  } finally {
    close(fd)
  }
}
