/**
 * A library as a server of static files: `peer-entry.js NAME DIRECTORY ROOT PORT`. Plain JavaScript, for Bun runs it too, and Node without
 * anything loaded before it.
 */
import http from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [name, directory, root, port] = process.argv.slice(2)
const listen = { port: Number(port), host: '127.0.0.1' }

/** As a program beside that package would get it. */
async function library(wanted) {
  const file = createRequire(path.join(directory, 'package.json')).resolve(wanted)
  return (await import(pathToFileURL(file).href)).default
}

const servers = {
  async sirv() {
    const sirv = await library('sirv')
    http.createServer(sirv(root, { etag: true })).listen(listen)
  },
  async express() {
    const express = await library('express')
    express().disable('x-powered-by').use(express.static(root)).listen(listen.port, listen.host)
  },
  async '@fastify/static'() {
    const [fastify, files] = [await library('fastify'), await library('@fastify/static')]
    await fastify().register(files, { root }).listen(listen)
  },
  bun() {
    const serve = (request) => new Response(Bun.file(path.join(root, new URL(request.url).pathname)))
    Bun.serve({ port: listen.port, hostname: listen.host, fetch: serve })
  },
}
await servers[name]()
