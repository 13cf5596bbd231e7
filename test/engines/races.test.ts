/** Requests for one name at the same moment: what was acknowledged is there, and a condition has one winner. */
import { forEachEngine, startEngine } from '../fixtures/engines.ts'

const rounds = 150

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const content = async (name: string) => {
    const answer = await service.ask('GET', name)
    return answer.status === 200 ? answer.text : undefined
  }

  await t.test('a file stored while its name is moved away is not lost', async (t) => {
    let lost = 0
    for (let round = 0; round < rounds; round += 1) {
      await service.ask('PUT', '/a?overwrite', {}, 'old')
      const [put, move] = await Promise.all([
        service.ask('PUT', '/a?overwrite', {}, `new ${round}`),
        service.ask('MOVE', '/a', { Destination: `/moved-${round}` }),
      ])
      t.equal(move.status, 201)
      t.ok(put.status === 201 || put.status === 204)
      const found = [await content('/a'), await content(`/moved-${round}`)]
      if (!found.includes(`new ${round}`)) lost += 1
    }
    t.equal(lost, 0)
  })

  await t.test('of two that replace what they saw, one wins, and the versions differ', async (t) => {
    for (let round = 0; round < rounds; round += 1) {
      const before = (await service.ask('PUT', '/b?overwrite', {}, 'one')).field('etag') as string
      const answers = await Promise.all(
        ['two', 'six'].map((text) => service.ask('PUT', '/b', { 'If-Match': before }, text)),
      )
      t.strictSame(answers.map(({ status }) => status).sort(), [204, 412])
      const winner = answers.findIndex(({ status }) => status === 204)
      t.equal(await content('/b'), ['two', 'six'][winner])
      t.not(answers[winner]?.field('etag'), before, 'though as long, and stored in the same tick')
    }
  })

  await t.test('of two that create, one wins', async (t) => {
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all(
        ['one', 'two'].map((text) => service.ask('PUT', `/c${round}`, { 'If-None-Match': '*' }, text)),
      )
      const statuses = answers.map(({ status }) => status).sort()
      t.equal(statuses[0], 201)
      t.ok(statuses[1] === 412 || statuses[1] === 409)
      t.equal(await content(`/c${round}`), answers[0]?.status === 201 ? 'one' : 'two')
    }
  })
})
