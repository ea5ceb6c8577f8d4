import { expect, test } from 'vitest'
import { buildLines, buildTable, failureLines, planLines, renderSeconds } from '#cli/build-lines.ts'
import { BuildReply } from '#cli/replies/build.ts'

const build = BuildReply.parse({
  id: 'b1',
  template: 'web',
  version: '1',
  host: 'box',
  zone: 'web-b1',
  state: 'failed',
  reason: 'asked for by admin',
  cancelRequested: false,
  zoneKept: true,
  keepZone: false,
  failure: {
    step: 'customize',
    code: 'CommandFailed',
    message: 'it ended with 1',
    command: 'zlogin web-b1 ./customize.sh',
    output: 'no such package\n\u001b[2Jgone\n',
  },
  steps: [
    {
      name: 'media',
      state: 'done',
      attempts: 1,
      startedAt: '2026-11-20T11:00:00.000Z',
      finishedAt: '2026-11-20T11:01:05.000Z',
    },
    { name: 'create', state: 'waiting', attempts: 0 },
  ],
  createdBy: 'admin',
  createdAt: '2026-11-20T11:00:00.000Z',
})

test('a failed build says step, command and output, and steers no terminal', () => {
  expect(failureLines(build)).toEqual([
    'failed in step customize: it ended with 1 (CommandFailed)',
    '  command: zlogin web-b1 ./customize.sh',
    '  output:',
    '    no such package',
    '    \\x1b[2Jgone',
    '  look at its zone, then: zoneflash build discard b1',
  ])
})

test('of a flood the last lines are shown', () => {
  const output = Array.from({ length: 65 }, (_, index) => `line ${index + 1}`).join('\n')
  const lines = failureLines(BuildReply.parse({ ...build, failure: { ...build.failure, output } }))
  expect(lines.filter((line) => line.startsWith('    '))).toHaveLength(10)
  expect(lines).toContain('    line 56')
  expect(lines).toContain('    line 65')
})

test('a build shows the steps that were begun, with their times', () => {
  const lines = buildLines(build)
  expect(lines).toContain('  media  done   1:05')
  expect(lines.join('\n')).not.toContain('create')
  expect(lines).toContain('zones     kept until discarded, or the next build succeeds')
})

test('a build says what its host still has of it, and that it is about to fail', () => {
  const unstopped = buildLines({ ...build, needsStop: true })
  expect(unstopped).toContain(
    'zones     may run still: the host was out of reach, they are stopped when it is back',
  )
  expect(buildLines({ ...build, state: 'running' })).toContain('state     failing')
})

test('a build that waits says for whom', () => {
  const id = 'abcdef01-1111-4000-8000-000000000001'
  const waiting = { ...build, id, state: 'waiting', waitingFor: ['b0', 'b2'] }
  expect(buildTable([waiting])).toMatch(/\nabcdef01 .* waiting for 2 builds /)
  expect(buildLines(waiting)).toContain('state     waiting for b0, b2')
})

test('a plan is a line a command below its step', () => {
  const plan = {
    template: 'web',
    host: 'box',
    origin: 'default@1',
    steps: [{ step: 'boot', lines: ['zoneadm boot'] }],
  }
  expect(planLines(plan)).toEqual(['web would be built on box from default@1', 'boot', '  zoneadm boot'])
})

test('times are written as people say them', () => {
  expect([0.84, 59.94, 65, 3723].map(renderSeconds)).toEqual(['0.8 s', '59.9 s', '1:05', '1:02:03'])
})
