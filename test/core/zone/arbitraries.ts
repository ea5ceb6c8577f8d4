// Arbitrary zone configurations for property tests.
import fc from 'fast-check'
import { zoneElement, type ZoneConfig, type ZoneElement } from '#core/zone/config.ts'

/** Text that XML can carry: no control characters but tab and newlines, no lone surrogates. */
export const xmlString = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .map((text) => text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, 'x'))

/** Text that a zonecfg command can carry too. */
export const zonecfgString = xmlString
  .map((text) => text.replace(/["\n\r\t]/g, ' '))
  .filter((text) => text.length > 0)

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/)
const path = fc.stringMatching(/^(\/[A-Za-z0-9 ._=;,[\]()-]{1,12}){1,3}$/)

function elementOf(text: fc.Arbitrary<string>): fc.Arbitrary<ZoneElement> {
  return fc.oneof(
    fc
      .record({ special: text, directory: path, type: word, raw: fc.option(path, { nil: undefined }) })
      .chain((attributes) =>
        fc.array(text, { maxLength: 3 }).map((options) =>
          zoneElement(
            'filesystem',
            attributes,
            options.map((name) => zoneElement('fsoption', { name })),
          ),
        ),
      ),
    fc
      .tuple(word, fc.integer({ min: 0, max: 254 }))
      .map(([name, host]) => zoneElement('network', { address: `192.0.2.${host}/24`, physical: `${name}0` })),
    text.map((match) => zoneElement('device', { match })),
    fc.tuple(word, text).map(([name, value]) => zoneElement('attr', { name, type: 'string', value })),
    fc
      .tuple(word, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
      .map(([name, limit]) =>
        zoneElement('rctl', { name: `zone.${name}` }, [
          zoneElement('rctl-value', { priv: 'privileged', limit: String(limit), action: 'deny' }),
        ]),
      ),
    word.map((name) => zoneElement('dataset', { name: `tank/${name}` })),
    path.map((directory) => zoneElement('inherited-pkg-dir', { directory })),
  )
}

/** A configuration whose resources differ in their keys. */
export function zoneConfig(text: fc.Arbitrary<string>): fc.Arbitrary<ZoneConfig> {
  const element = fc.uniqueArray(elementOf(text), {
    maxLength: 8,
    selector: ({ tag, attributes: { directory, match, name, address } }) =>
      `${tag} ${directory ?? match ?? name ?? address ?? ''}`,
  })
  return fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9_.-]{0,20}$/),
    zonepath: path,
    autoboot: fc.boolean(),
    properties: fc.record(
      { bootargs: text, limitpriv: text, 'scheduling-class': text },
      { requiredKeys: [] },
    ),
    elements: element,
  })
}

/** The inventory of a detached manifest, in an order of its own. */
export const inventoryElements = fc.array(
  fc.oneof(
    fc.tuple(xmlString, xmlString).map(([name, version]) => zoneElement('package', { name, version })),
    fc.tuple(xmlString, fc.array(xmlString, { maxLength: 3 })).map(([id, ids]) =>
      zoneElement(
        'patch',
        { id },
        ids.map((each, at) => zoneElement(at % 2 === 0 ? 'obsoletes' : 'incompatible', { id: each })),
      ),
    ),
    xmlString.map((name) => ({
      tag: 'dev-perm',
      attributes: { name, uid: '0', gid: '3', mode: '666', acl: '' },
      children: [],
    })),
  ),
  { maxLength: 8 },
)
