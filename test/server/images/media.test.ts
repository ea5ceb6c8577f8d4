import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CatalogueEntry } from '#core/images/catalogue.ts'
import { renderZadmPlugin } from '#core/images/zadm-plugin.ts'
import { serve, type Served } from '../served.ts'
import { addStream, getJson } from './image-client.ts'

let served: Served
beforeEach(async () => {
  served = await serve()
})
afterEach(() => served[Symbol.asyncDispose]())

const catalogue = async (below = '') =>
  (await getJson<{ images: CatalogueEntry[] }>(`${served.url}${below}/media/img.json`)).body.images
const omnios = { layout: 'zoneroot', facts: { brand: 'illumos' } } as const
const openAll = async () => {
  for (const { name } of await served.services.catalog.listTemplates())
    await served.services.catalog.setOpenTo(name, ['zadm'])
}

test('the catalogue is what zadm reads, and the files in it are what it says', async () => {
  await addStream(served, { template: 'web', ...omnios })
  await addStream(served, {
    template: 'ubuntu',
    version: '24.04',
    format: 'tar',
    compression: 'xz',
    layout: 'zoneroot',
    facts: { brand: 'lx', osFamily: 'linux', notes: 'Ubuntu for lx\nwith more' },
  })
  expect(await catalogue()).toEqual([])
  await openAll()
  const images = await catalogue()
  await expect(`${JSON.stringify({ images }, undefined, 2)}\n`).toMatchFileSnapshot(
    '../../fixtures/golden/images/img.json',
  )
  for (const { path: file, sha256 } of images) {
    const reply = await fetch(`${served.url}/media/${file}`, { redirect: 'error' })
    const bytes = Buffer.from(await reply.arrayBuffer())
    expect(reply.status).toBe(200)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
    expect(reply.headers.get('content-length')).toBe(String(bytes.length))
  }
})

test('the catalogue has nothing that zadm could not install', async () => {
  await addStream(served, { template: 'zonepath', facts: { brand: 'illumos' } })
  await addStream(served, {
    template: 'solaris',
    ...omnios,
    facts: { brand: 'native', osFamily: 'solaris10' },
  })
  await addStream(served, { template: 'plain', ...omnios, compression: 'none' })
  await addStream(served, { template: 'system', ...omnios, facts: { brand: 'ipkg', kind: 'system' } })
  await addStream(served, { template: 'revoked', ...omnios })
  await served.services.catalog.setState('revoked', '1.0', 'revoked')
  await openAll()
  expect(await catalogue()).toEqual([])
  expect((await fetch(`${served.url}/media/plain/plain-1.0.zfs`)).status).toBe(200)
  expect((await fetch(`${served.url}/media/revoked/revoked-1.0.zfs.gz`)).status).toBe(404)
})

test('curl, and zap with it, fetches a version or a channel by its address', async () => {
  await addStream(served, { template: 'web', ...omnios })
  await served.services.catalog.setChannel('web', 'stable', '1.0')
  await openAll()
  const curl = async (...args: string[]) =>
    (await promisify(execFile)('curl', ['-fsS', '--max-time', '20', ...args])).stdout
  expect(await curl(`${served.url}/media/web/web-1.0.zfs.gz`)).toBe('web@1.0 1')
  expect(await curl('-r', '4-', `${served.url}/media/web/web-stable.zfs.gz`)).toBe('1.0 1')
  expect(await curl('-I', `${served.url}/media/web/web-stable.zfs.gz`)).toMatch(
    /^cache-control: public, no-cache\r$/im,
  )
  const modified = async (name: string) =>
    (await fetch(`${served.url}/media/web/web-${name}.zfs.gz`)).headers.get('last-modified')
  // a channel that is moved back has older bytes
  expect([await modified('1.0'), await modified('stable')]).toEqual(['Fri, 20 Nov 2026 11:00:00 GMT', null])
})

test.each([
  '/media/web/other-1.0.zfs.gz',
  '/media/web/web-9.zfs.gz',
  '/media/web/web-1.0.zfs.zst',
  '/media/web/web-1.0.tar.gz',
  '/media/web/web-.zfs.gz',
  '/media/WEB/WEB-1.0.zfs.gz',
  '/media/none/none-1.0.zfs.gz',
  '/media/web/..%2f..%2fetc%2fpasswd',
])('%s is not there', async (address) => {
  await addStream(served, { template: 'web', ...omnios })
  await openAll()
  expect((await fetch(served.url + address)).status).toBe(404)
})

test('a reader’s token opens what is closed, also in the module that zadm loads', async () => {
  await addStream(served, { template: 'web', ...omnios })
  const below = `/t/${served.secrets.reader}`
  expect(await catalogue(below)).toHaveLength(1)
  expect((await fetch(`${served.url}${below}/media/web/web-1.0.zfs.gz`)).status).toBe(200)
  expect((await fetch(`${served.url}/media/web/web-1.0.zfs.gz`)).status).toBe(404)
  const module = await (await fetch(`${served.url}${below}/media/Zoneflash.pm`)).text()
  expect(module).toContain(`'http://192.0.2.1:7070${below}/media'`)
  expect((await fetch(`${served.url}/t/zf_wrong/media/Zoneflash.pm`)).status).toBe(404)
})

test('the module is Perl that zadm’s classes take, whatever the address holds', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-zadm-'))
  try {
    const module = renderZadmPlugin(`http://192.0.2.1:7070/it's \\ odd`)
    await expect(await (await fetch(`${served.url}/media/Zoneflash.pm`)).text()).toMatchFileSnapshot(
      '../../fixtures/golden/images/Zoneflash.pm',
    )
    for (const [name, text] of Object.entries(stubs(module))) {
      mkdirSync(path.join(directory, path.dirname(name)), { recursive: true })
      writeFileSync(path.join(directory, name), text)
    }
    const program = `use Zadm::Image::Zoneflash; my $i = Zadm::Image::Zoneflash->new;
      print join("|", $i->provider, $i->index, $i->url({ path => 'a/b' }))`
    const said = execFileSync('perl', ['-I', directory, '-we', program], { encoding: 'utf8' })
    const base = `http://192.0.2.1:7070/it's \\ odd/media`
    expect(said).toBe(`zoneflash|${base}/img.json|${base}/a/b`)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

/** As much of Mojolicious and zadm as the module stands on. */
const stubs = (module: string): Record<string, string> => ({
  'Mojo/Base.pm': `package Mojo::Base;
use strict; use warnings;
sub import {
  my ($class, $parent) = @_;
  my $caller = caller;
  no strict 'refs';
  if ($parent eq '-base') { *{"$caller\\::new"} = sub { bless {}, shift } }
  else { eval "require $parent; 1" or die $@; push @{"$caller\\::ISA"}, $parent }
  *{"$caller\\::has"} = sub {
    my ($name, $value) = @_;
    *{"$caller\\::$name"} = sub { ref $value eq 'CODE' ? $value->($_[0]) : $value };
  };
  strict->import; warnings->import;
}
1;
`,
  'Zadm/Image/OmniOS.pm': `package Zadm::Image::OmniOS;
use Mojo::Base '-base';
has baseurl => 'https://example.invalid/media';
has index   => sub { 'unset' };
has provider => 'omnios';
sub url { my ($self, $image) = @_; $self->baseurl . "/$image->{path}" }
1;
`,
  'Zadm/Image/Zoneflash.pm': module,
})
