/**
 * What the kernel takes for a reader that does not read.
 *
 * It takes as much at once as the send buffer may grow to (`tcp_wmem`, usually 4 MiB), and cuts it into segments as
 * small as the reader says that it wants them. All of that the event loop's thread does within its `write(2)`, and a thousand
 * such readers reach the bound that all of the machine's connections have in common (`tcp_mem`, tcp(7)).
 */
import { check } from './listening.ts'
import { IPPROTO_TCP, isLinux, TCP_NOTSENT_LOWAT } from './platform.ts'
import { posix } from './posix.ts'

/**
 * Let the kernel take no more for a connection than so many bytes that it cannot send yet (`TCP_NOTSENT_LOWAT`). What is under way
 * to the peer does not count, so who reads is sent as much at a time as before.
 *
 * @param fd of a listening socket: connections accepted from now on have it from there. Elsewhere than on Linux nothing is done
 * @throws EOPNOTSUPP for a Unix socket, whose send buffer does not grow
 */
export function boundUnsent(fd: number, bytes: number): void {
  if (!isLinux) return
  check(posix.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, new Int32Array([bytes]), 4), 'setsockopt')
}
