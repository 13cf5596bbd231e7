/** Over how many connections a scenario asks. */
import type { LoadOrder } from '../load/order.ts'
import { keptConnections, type Scenario } from '../scenarios.ts'

/**
 * The part of an order that says so. Connections that are kept are there before the run, and each of them has been used: but for scenarios with company, which may
 * keep a server from answering anything at all for a while. There each is opened when it is needed.
 */
export function connectionsOf({
  newConnections = false,
  mostConnections = keptConnections,
}: Pick<Scenario, 'newConnections' | 'mostConnections'>): Partial<LoadOrder> {
  const connections = Math.min(mostConnections, keptConnections)
  return newConnections
    ? { newConnections, warmup: connections }
    : { connections, mostConnections, warmup: connections }
}
