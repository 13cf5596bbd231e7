/**
 * M/G/k, of which no exact formula is known: k threads that take requests from one queue.
 *
 * Lee and Longton's approximation ("Queueing processes associated with airline passenger check-in", 1959): the wait in M/M/k,
 * times (1 + c²)/2, where c² is the variability of service. For Poisson arrivals Allen and Cunneen's is the same. It is
 * exact for one server (Pollaczek and Khinchine) and for exponential service, and some percent off for what varies less.
 *
 * It fails where few requests are very long: two moments do not tell whether the other servers get past them. Gupta,
 * Harchol-Balter, Dai and Zwart ("On the inapproximability of M/G/K", 2010) show that no formula in two moments can do
 * better. `test/bench/theory.test.ts` has a case in which it predicts several times the wait that there is. Then use `replay.ts`.
 */
import { mmk, type QueueWait } from './erlang.ts'
import { type Moments, variability } from './moments.ts'

/** @throws RangeError where the servers cannot keep up */
export function leeLongton(rate: number, service: Moments, servers: number): QueueWait {
  const exponential = mmk(rate, service.mean, servers)
  return { ...exponential, wait: (exponential.wait * (1 + variability(service))) / 2 }
}
