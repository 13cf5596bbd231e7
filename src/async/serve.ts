/**
 * Starting the event-loop engine.
 */
import type { Serve } from '../core/options.ts'
import { serveHere } from './server.ts'

/** Starts the event-loop engine. */
export const serve: Serve = serveHere
