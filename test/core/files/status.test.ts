import t from 'tap'
import { statusOf } from '../../../src/core/files/status.ts'
import { directory, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'

const memory = new MemoryFiles().tree({
  file: 'content',
  link: link('none'),
  closed: directory({ x: 'x' }, { mode: 4 }),
})

t.match(run(statusOf(memory.root, 'file'), memory), { kind: 'file', size: 7 })
t.match(run(statusOf(memory.root, 'link'), memory), { kind: 'link' }, 'a link is told as itself, wherever it leads')
t.equal(run(statusOf(memory.root, 'none'), memory), undefined)
const closed = memory.calls.openDirectory(memory.root, 'closed')
t.throws(() => run(statusOf(closed, 'x'), memory), { code: 'EACCES' }, 'not to know is not the same as nothing')
