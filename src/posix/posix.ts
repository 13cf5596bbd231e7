/**
 * Native code, in one place: the calls of POSIX that Node lacks, made through koffi on the C library that the
 * process is already linked to.
 */
import koffi from 'koffi'
import * as os from './platform.ts'

const c = koffi.load(null)
/** What only Linux has, and nobody calls elsewhere. */
const onLinux = (declaration: string) => (os.isLinux ? c.func(declaration) : undefined) as ReturnType<typeof c.func>

/** The functions by name. What they return is what C returns: look at `lastError` before anything else is called. */
export const posix = {
  // Not as it is declared, with `...` for the mode: that is the same on Linux, where alone it is called.
  openat: c.func('int openat(int directory, const char *name, int flags, uint mode)'),
  linkat: c.func('int linkat(int directory, const char *name, int to, const char *newName, int flags)'),
  unlinkat: c.func('int unlinkat(int directory, const char *name, int flags)'),
  socket: c.func('int socket(int family, int type, int protocol)'),
  bind: c.func('int bind(int fd, const void *address, uint length)'),
  connect: c.func('int connect(int fd, const void *address, uint length)'),
  listen: c.func('int listen(int fd, int backlog)'),
  getsockname: c.func('int getsockname(int fd, void *address, void *length)'),
  getsockopt: c.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  setsockopt: c.func('int setsockopt(int fd, int level, int name, const void *value, uint length)'),
  sendto: c.func(
    'intptr_t sendto(int fd, const void *bytes, size_t count, int flags, const void *address, uint length)',
  ),
  fcntl: c.func('int fcntl(int fd, int command, ...)'),
  shutdown: c.func('int shutdown(int fd, int how)'),
  pipe: c.func('int pipe(void *fds)'),
  socketpair: c.func('int socketpair(int family, int type, int protocol, void *fds)'),
  // nfds_t is an unsigned long on Linux and an unsigned int on Darwin: the same register.
  poll: c.func('int poll(void *fds, ulong count, int timeout)'),
  epoll_create1: onLinux('int epoll_create1(int flags)'),
  epoll_ctl: onLinux('int epoll_ctl(int set, int operation, int fd, const void *event)'),
  epoll_wait: onLinux('int epoll_wait(int set, void *events, int most, int timeout)'),
  inet_pton: c.func('int inet_pton(int family, const char *text, void *bytes)'),
  inet_ntop: c.func('void *inet_ntop(int family, const void *bytes, void *text, uint length)'),
  if_nametoindex: c.func('uint if_nametoindex(const char *name)'),
  flock: c.func('int flock(int fd, int operation)'),
  mmap: c.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)'),
  accept: os.isLinux
    ? c.func('int accept4(int fd, void *address, void *length, int flags)')
    : c.func('int accept(int fd, void *address, void *length)'),
  sendfile: os.isLinux
    ? c.func('intptr_t sendfile(int socket, int file, void *offset, size_t count)')
    : c.func('int sendfile(int file, int socket, int64_t offset, void *count, void *headers, int flags)'),
}

/** `errno` of the last call, by name. */
export function lastError(): string {
  return os.errnoName(koffi.errno())
}
