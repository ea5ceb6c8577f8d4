import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { requestImageForms } from '#app/images/request-forms.ts'
import { ProvisionError } from '#core/errors.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { addVersion, serve, type Served } from '../served.ts'
import { addStream } from './image-client.ts'

let served: Served
let queue: MemoryJobQueue
beforeEach(async () => {
  queue = new MemoryJobQueue()
  served = await serve({ queue })
})
afterEach(() => served[Symbol.asyncDispose]())

const open = (name: string, body: object) =>
  served.call('PATCH', `/api/v1/templates/${name}`, { as: 'publisher', body })
const jobs = () =>
  queue.jobs.map(({ data }) => {
    const { template, version, to, layout } = data as Record<string, string>
    return [template, version, to, layout].filter(Boolean).join(' ')
  })
const addTar = (template: string, brand: string, osFamily: 'illumos' | 'linux' = 'illumos') =>
  addVersion(served.services, {
    template,
    compression: 'zstd',
    layout: 'zoneroot',
    bytes: Buffer.from(template),
    facts: { brand, osFamily },
  })

test('who opens a template is told so, and the audit log too', async () => {
  await addStream(served)
  const reply = await open('web', { openTo: ['zadm', 'imgadm'] })
  expect(reply.json).toMatchObject({ name: 'web', public: false, openTo: ['imgadm', 'zadm'] })
  expect((await open('web', { openTo: [] })).json).toMatchObject({ openTo: [] })
  expect((await open('web', { imageLayout: 'zoneroot' })).json).toMatchObject({ imageLayout: 'zoneroot' })
  expect((await open('web', { imageLayout: null })).json).not.toHaveProperty('imageLayout')
  const audit = await served.services.audit.list(10)
  expect(audit.filter(({ action }) => action === 'template.open').map(({ details }) => details)).toEqual([
    { to: [] },
    { to: ['zadm', 'imgadm'] },
  ])
  expect((await open('web', { openTo: ['telnet'] })).status).toBe(400)
  expect((await open('none', { openTo: ['zadm'] })).status).toBe(404)
})

test('a template that is opened gets the forms that its clients want', async () => {
  await addTar('joyent', 'joyent')
  await addTar('omnios', 'illumos')
  await addTar('ubuntu', 'lx', 'linux')
  await open('joyent', { openTo: ['imgadm'] })
  await open('omnios', { openTo: ['imgadm', 'zadm'] })
  await open('ubuntu', { openTo: ['imgadm', 'zadm'] })
  expect(jobs()).toEqual([
    'joyent 1.0 zfs.gz zonepath',
    'omnios 1.0 zfs.gz zoneroot',
    'ubuntu 1.0 zfs.gz zonepath',
    'ubuntu 1.0 tar.gz',
  ])
})

test('a template is opened though nobody can be asked for its forms, and they come later', async () => {
  await addTar('joyent', 'joyent')
  const add = vi
    .spyOn(queue, 'add')
    .mockRejectedValue(new ProvisionError('unavailable', 'QueueUnavailable', 'gone'))
  expect(await open('joyent', { openTo: ['imgadm'] })).toMatchObject({
    status: 200,
    json: { openTo: ['imgadm'] },
  })
  expect(add).toHaveBeenCalled()
  add.mockRestore()
  await requestImageForms({ actor: 'zoneflash', again: false }, served.services)
  expect(jobs()).toEqual(['joyent 1.0 zfs.gz zonepath'])
})

test('nothing is made of what is an image already, is closed, or is open to others', async () => {
  await addStream(served)
  await addTar('closed', 'joyent')
  await open('web', { openTo: ['imgadm'] })
  await open('closed', { openTo: ['kayak'] })
  expect(jobs()).toEqual([])
  await open('web', { imageLayout: 'zoneroot' })
  expect(jobs()).toEqual(['web 1.0 zfs.gz zoneroot'])
})

test('a version that comes later gets them too, and what failed is not tried for ever', async () => {
  await served.services.catalog.ensureTemplate('web')
  await open('web', { openTo: ['imgadm'] })
  await addTar('web', 'joyent')
  const look = (again: boolean) => requestImageForms({ actor: 'zoneflash', again }, served.services)
  const {
    jobs: [job = ''],
  } = await look(false)
  expect(jobs()).toEqual(['web 1.0 zfs.gz zonepath'])
  queue.finish(job, 'it went wrong')
  expect((await look(false)).jobs).toEqual([])
  expect((await look(true)).jobs).toEqual([job])
})
