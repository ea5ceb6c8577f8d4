// What people see: the front page, and the API's description at /api/docs.
import type { Express } from 'express'
import { html, type Html } from './html.ts'
import type { ApiDocument } from './openapi.ts'

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
type OperationObject = NonNullable<NonNullable<ApiDocument['paths']>[string]['get']>

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em }
pre { overflow: auto; padding: 0.5rem; border: 1px solid #8886; border-radius: 4px }
section { border-top: 1px solid #8886; padding: 0.5rem 0 }
h2 { font-size: 1.1rem; margin: 0.5rem 0 }
.role { float: right; font-size: 0.85rem; opacity: 0.75 }
`

/** Pages list nothing that needs a token. */
export function mountPages(app: Express, document: ApiDocument): void {
  const docs = docsPage(document).text
  app.get('/', (_request, response) => {
    response.type('html').send(frontPage.text)
  })
  app.get('/style.css', (_request, response) => {
    response.type('css').set('cache-control', 'public, max-age=3600').send(style)
  })
  app.get('/api/openapi.json', (_request, response) => {
    response.json(document)
  })
  app.get('/api/docs', (_request, response) => {
    response.type('html').send(docs)
  })
}

function page(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <h1>${title}</h1>
        ${body}
      </body>
    </html>`
}

const frontPage = page(
  'zoneflash',
  html`<p>
      A provisioning server for golden-image zones: it keeps templates of zones in versions, and tells hosts
      how to attach, clone and boot them.
    </p>
    <p>Administrators use the command line, <code>zoneflash --help</code>, or the API with a token.</p>
    <ul>
      <li><a href="/api/docs">The API</a>, also as <a href="/api/openapi.json">OpenAPI</a></li>
      <li><a href="/healthz">Alive?</a> <a href="/readyz">Ready?</a> <a href="/metrics">Counters</a></li>
    </ul>`,
)

function docsPage(document: ApiDocument): Html {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation ? [{ path, method, operation }] : []
    }),
  )
  return page(
    'zoneflash API',
    html`<p>
        Send <code>Authorization: Bearer zf_...</code>. Failures are
        <code>{"code", "message", "details"?}</code>; the code is stable. The same as
        <a href="/api/openapi.json">OpenAPI</a>.
      </p>
      ${operations.map(operationSection)}
      <h2>Schemas</h2>
      ${Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => details(name, schema))}`,
  )
}

interface Described {
  path: string
  method: (typeof methods)[number]
  operation: OperationObject
}

function operationSection({ path, method, operation }: Described): Html {
  return html`<section>
    <span class="role">${operation.description ?? ''}</span>
    <h2><code>${method.toUpperCase()} ${path}</code></h2>
    <p>${operation.summary ?? ''}</p>
    ${operation.parameters ? details('parameters', operation.parameters) : ''}
    ${operation.requestBody ? details('body', operation.requestBody) : ''}
    ${details('answers', operation.responses)}
  </section>`
}

function details(title: string, value: unknown): Html {
  return html`<details>
    <summary>${title}</summary>
    <pre>${JSON.stringify(value, null, 2) ?? ''}</pre>
  </details>`
}
