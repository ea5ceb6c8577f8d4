import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiRoutes } from '#server/api/routes.ts'
import { serve, type Served } from './served.ts'

interface Operation {
  operationId: string
  responses: Record<string, unknown>
  parameters?: { name: string; in: string; required?: boolean }[]
}

let served: Served
let document: { paths: Record<string, Record<string, Operation>>; components: { schemas: object } }

beforeAll(async () => {
  served = await serve()
  document = (await served.call('GET', '/api/openapi.json')).json as typeof document
})
afterAll(() => served[Symbol.asyncDispose]())

test('the document describes every route that is mounted, and besides them the uploads', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  const uploads = [
    'post /api/v1/templates/:name/versions',
    'post /api/v1/uploads',
    'patch /api/v1/uploads/:id',
    'get /api/v1/uploads/:id/result',
  ]
  expect(described.toSorted()).toEqual(
    [...apiRoutes(served.services).map(({ method, path }) => `${method} ${path}`), ...uploads].toSorted(),
  )
})

test('every operation has a name of its own, its path’s parameters and an answer for failures', () => {
  const names = new Set<string>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      expect(names).not.toContain(operation.operationId)
      names.add(operation.operationId)
      const inPath = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name)
      expect(inPath.toSorted(), path).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).toSorted(),
      )
      expect(operation.responses).toHaveProperty('default')
    }
  }
})

test('every reference leads to a schema in the document', () => {
  const text = JSON.stringify(document)
  for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    expect(document.components.schemas).toHaveProperty(name ?? '')
  }
})

test('the readable page names every route and its role', async () => {
  const { text } = await served.call('GET', '/api/docs')
  for (const { path, summary } of apiRoutes(served.services)) {
    expect(text).toContain(path.replace(/:(\w+)/g, '{$1}'))
    expect(text).toContain(summary.replaceAll("'", '&#39;'))
  }
})

test('the document is the one that was reviewed; after a change, run with -u and read the difference', async () => {
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../fixtures/openapi.json')
})
