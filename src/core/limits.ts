/**
 * Every bound there is, each with its reason. Milliseconds and bytes unless the name says otherwise. docs/limits.md shows
 * them as a table, which is made from the sentences here.
 *
 * A bound is what keeps one peer from taking what belongs to all: in the blocking engine a wait without
 * a deadline would stop the whole server, in the other it would hold memory and a descriptor for good.
 */
export interface Limits {
  /** The request line and header section. 32 KiB: Node's own default is 16 KiB, and cookies of proxies go beyond it. */
  readonly headerBytes: number
  /** Header fields in one request. Looking one up is linear, and no client sends more than some dozens. */
  readonly headerFields: number
  /** From the beginning of a connection to the first byte of a TLS handshake, and from there to its end. It takes a phone with a poor line a second or two. */
  readonly handshakeTime: number
  /** From the first byte of a request to the end of its header section. A browser needs one packet. */
  readonly headerTime: number
  /** Silence within a body. What a phone needs to change networks. */
  readonly bodyStall: number
  /** A body slower than this (bytes per second, measured once `bodyStall` has passed) is a slow-body attack, not a slow line. */
  readonly bodyRate: number
  /** A reader must take each `sendPiece` bytes within this time: at least 8 KiB/s. */
  readonly sendStall: number
  /** The most that is sent under one deadline. */
  readonly sendPiece: number
  /**
   * What one peer may make one request last: the sum of all waits for it. In the blocking engine, where all others wait
   * meanwhile, it is ten minutes: a transfer that is cut off goes on by a range or a resumable upload, and others have had their turn.
   */
  readonly requestTime: number
  /** Whoever moves more bytes per second than this (1 MiB; in the blocking engine 10 MiB) may go on beyond `requestTime`: it is the file that is large, and not the peer that is slow. */
  readonly requestRate: number
  /** A connection with no request in progress. Browsers close theirs after about this long. */
  readonly idleTime: number
  /** Requests on one connection before it is closed, so that no connection lives for ever. */
  readonly requestsPerConnection: number
  /** How long a connection that we have ended may still send before it is cut (RFC 9112, section 9.6). */
  readonly lingerTime: number
  /** Unread body worth reading to its end to keep a connection; a larger one costs more than a new connection. */
  readonly drainBytes: number
  /** Connections at a time. Each costs a descriptor, memory, and a place among what the engine watches; one more is answered with 503. */
  readonly connections: number
  /** The same from one address, or from one /64 of IPv6: so many that one client cannot take the places of all others, and that a house full of browsers does not come near it. */
  readonly connectionsPerAddress: number
  /** Ranges in one request. RFC 9110, section 14.2, lets a server ignore more; overlapping ones multiply the work. */
  readonly ranges: number
  /** Form fields that are not files, which are held in memory. */
  readonly fieldBytes: number
  /** Header section of one part of a multipart body. */
  readonly partHeaderBytes: number
  /** Parts in one multipart body. */
  readonly parts: number
  /** Files and directories that one copy, recursive delete, search or archive may touch. */
  readonly treeEntries: number
  /** Nested directories that one such operation follows: each holds a descriptor. */
  readonly treeDepth: number
  /** Symbolic links followed in one path. POSIX asks for at least 8 (SYMLOOP_MAX), Linux has 40. */
  readonly linksInPath: number
  /** Files found by one search. A person refines a search sooner than reading more. */
  readonly searchResults: number
  /** The largest file that the cache keeps: what a single send can carry at once. */
  readonly cachedFile: number
  /**
   * The largest file that is read for its digest before the answer begins. A `HEAD` of a few bytes can ask for it, and
   * hashing goes at 0.4 to 2 GB/s: so much holds the blocking engine for a tenth of a second or two.
   */
  readonly digestBytes: number
  /** Digests that are remembered. One takes some 300 bytes; less than reading its file again in any case. */
  readonly digests: number
  /** How long a count of what all files take is good for, where there is a quota: others may change them too. */
  readonly quotaFresh: number
  /** The same before somebody is refused for lack of room: who has just deleted something need not wait long. */
  readonly quotaRecount: number
  /** How long a cached file may be served before the file system is asked again. */
  readonly cacheFresh: number
  /**
   * A temporary file of a process that cannot be seen from here, and to which nobody has written for this long, was left
   * by a crash: an upload in progress is cut off long before.
   */
  readonly orphanAge: number
  /** How long an upload may rest before it is removed: time to come back the next day. */
  readonly uploadAge: number
  /** How often uploads that are too old are looked for. Each look reads the directory of all uploads. */
  readonly uploadSweep: number
  /** Sessions at a time: fewer than connections, so that idle sessions cannot keep everybody else out. */
  readonly sessions: number
  /** One message in a session. A call has two paths at most, which POSIX systems bound at 4 KiB each; JSON may write six bytes for one. */
  readonly messageBytes: number
  /** Frames that one message comes in: as many as if each carried 512 bytes. No client is known to cut a message this short. */
  readonly messageFragments: number
  /** From the first byte of a message to its last: it holds the blocking engine, as a header section does. */
  readonly messageTime: number
  /**
   * Frames of messages in a session in a second, and at once after a quiet second. A client that waits for each answer has
   * been seen to come to 6,000 on one processor, one that does not wait to 12,000; what goes far beyond is a flood.
   */
  readonly frameRate: number
  /** Pings, pongs and the like, counted likewise. Clients send one in some seconds; each costs an answer, and none does anything. */
  readonly controlRate: number
  /** Silence in a session before it is sent a ping, and after that before it is closed. Proxies cut connections after 60 s; phones change networks in 30. */
  readonly pingInterval: number
  /** Entries in one page of a listing in a session. For each page all names of the directory are read: at this many, 100,000 take twice the time that they take over HTTP. */
  readonly pageEntries: number
  /** What these may take as JSON, at their longest. With its path, an answer then stays below the 1 MiB that many clients take by default. */
  readonly pageBytes: number
  /** How long the file of users is good for before it is looked at again. */
  readonly usersFresh: number
  /**
   * Passwords that are checked in a minute, right or wrong, whoever sends them. Each takes a tenth of a second, for which
   * the blocking engine holds everybody: so much is a tenth of its time.
   */
  readonly logins: number
  /** The same at once, after a quiet time: a second of the blocking engine's. */
  readonly loginsAtOnce: number
  /** Wrong passwords in a minute from one address, or one /64 of IPv6. People make three mistakes, and then look it up. */
  readonly loginsPerAddress: number
  /** The same for one name, from wherever: whoever guesses with many addresses keeps its owner out, who has not logged in, and does not get in. */
  readonly loginsPerUser: number
  /** How long a password that was right need not be checked again: programs send it with every request. */
  readonly loginMemory: number
  /** How long one stays logged in with a cookie. */
  readonly cookieAge: number
  /** How long a stopping server lets requests in progress go on. */
  readonly drainTime: number
}

/** The bounds in force. @param changed those that are not to have their defaults */
export function limitsOf(changed: Partial<Limits> | undefined): Limits {
  return { ...defaultLimits, ...changed }
}

/** What is bounded otherwise where a request in progress keeps all others waiting. */
export const blockingLimits: Partial<Limits> = { requestTime: 10 * 60 * 1000, requestRate: 10 * 1024 * 1024 }

export const defaultLimits: Limits = {
  headerBytes: 32 * 1024,
  headerFields: 200,
  handshakeTime: 10_000,
  headerTime: 10_000,
  bodyStall: 30_000,
  bodyRate: 1024,
  sendStall: 30_000,
  sendPiece: 256 * 1024,
  requestTime: 24 * 60 * 60 * 1000,
  requestRate: 1024 * 1024,
  idleTime: 60_000,
  requestsPerConnection: 1_000_000,
  lingerTime: 2_000,
  drainBytes: 256 * 1024,
  connections: 10_000,
  connectionsPerAddress: 1_000,
  ranges: 32,
  fieldBytes: 64 * 1024,
  partHeaderBytes: 8 * 1024,
  parts: 10_000,
  treeEntries: 1_000_000,
  treeDepth: 100,
  linksInPath: 40,
  searchResults: 1_000,
  cachedFile: 256 * 1024,
  digestBytes: 64 * 1024 * 1024,
  digests: 1_000,
  quotaFresh: 60_000,
  quotaRecount: 1_000,
  cacheFresh: 1_000,
  orphanAge: 60 * 60 * 1000,
  uploadAge: 24 * 60 * 60 * 1000,
  uploadSweep: 10 * 60 * 1000,
  sessions: 4_000,
  messageBytes: 64 * 1024,
  messageFragments: 128,
  messageTime: 10_000,
  frameRate: 20_000,
  controlRate: 100,
  pingInterval: 25_000,
  pageEntries: 5_000,
  pageBytes: 768 * 1024,
  usersFresh: 1_000,
  logins: 60,
  loginsAtOnce: 10,
  loginsPerAddress: 10,
  loginsPerUser: 30,
  loginMemory: 10 * 60 * 1000,
  cookieAge: 7 * 24 * 60 * 60 * 1000,
  drainTime: 10_000,
}
