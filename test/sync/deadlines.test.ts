import t from 'tap'
import { Deadlines, type Waiting } from '../../src/sync/deadlines.ts'

const item = (): Waiting => ({ deadline: 0, before: undefined, after: undefined })

t.test('the nearest is the first that was added and is still there', (t) => {
  const list = new Deadlines<Waiting>()
  const [a, b, c] = [item(), item(), item()]
  t.equal(list.nearest, Infinity)
  list.add(a, 10)
  list.add(b, 20)
  list.add(c, 30)
  list.remove(b)
  t.equal(list.expired(9), undefined)
  t.equal(list.expired(10), a)
  list.remove(a)
  t.equal(list.nearest, 30)
  list.add(a, 40)
  list.remove(c)
  t.equal(list.expired(100), a, 'one that left may come back')
  list.remove(a)
  t.equal(list.nearest, Infinity)
  list.add(b, 50)
  t.equal(list.nearest, 50)
  t.end()
})
