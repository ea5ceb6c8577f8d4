import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve, type Served } from '../served.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
  const put = async (name: string, text: string) => {
    const folder = path.join(served.services.config.dataDir, 'templates', name)
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'recipe.yaml'), text)
  }
  await put('default', 'summary: base\nbrand: lx\nosFamily: linux\nsource: { install: [] }\n')
  await put('web', 'extends: default\nsource:\norigin: default@candidate\nsummary: web\n')
  await put('wrong', 'summary: [\n')
})
afterAll(() => served[Symbol.asyncDispose]())

test('recipes are listed with origin, children and what is wrong; a broken one hides none', async () => {
  const { status, json } = await served.call('GET', '/api/v1/recipes', { as: 'viewer' })
  expect(status).toBe(200)
  expect(json).toMatchObject([
    { name: 'default', summary: 'base', brand: 'lx', children: ['web'], problems: [{ severity: 'warning' }] },
    { name: 'web', summary: 'web', origin: 'default@candidate', extends: 'default', children: [] },
    { name: 'wrong', children: [], problems: [{ severity: 'error', line: 2 }] },
  ])
})
