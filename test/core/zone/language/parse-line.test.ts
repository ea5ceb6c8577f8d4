import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLine } from '#core/zone/language/parse-line.ts'
import { quoteZonecfgValue } from '#core/zone/zonecfg-value.ts'
import { zonecfgString } from '../arbitraries.ts'

const simple = (text: string) => ({ kind: 'simple', text })

describe('a line of zonecfg', () => {
  test('holds commands between semicolons', () => {
    expect(parseLine('add net; set physical=bge0 ;end')).toEqual([
      { name: 'add', items: [{ name: 'net' }] },
      { name: 'set', items: [{ name: 'physical', value: simple('bge0') }] },
      { name: 'end', items: [] },
    ])
  })

  test('is a comment from # on, but only where a command begins', () => {
    expect(parseLine('  # set a=b')).toEqual([])
    expect(parseLine('verify; # and so on')).toEqual([{ name: 'verify', items: [] }])
    expect(parseLine('set bootargs=#1')).toEqual([
      { name: 'set', items: [{ name: 'bootargs', value: simple('#1') }] },
    ])
  })

  test('takes blanks around the equals sign', () => {
    expect(parseLine('set\tpool = a')).toEqual([
      { name: 'set', items: [{ name: 'pool', value: simple('a') }] },
    ])
  })

  test('takes in quotes what would end a bare word', () => {
    expect(parseLine('set bootargs="-m verbose; [x] (y) =#,"')).toEqual([
      { name: 'set', items: [{ name: 'bootargs', value: simple('-m verbose; [x] (y) =#,') }] },
    ])
  })

  test('ends an open quote at its end', () => {
    expect(parseLine('set bootargs="-m; verbose')).toEqual([
      { name: 'set', items: [{ name: 'bootargs', value: simple('-m; verbose') }] },
    ])
  })

  test('reads single quotes as ordinary characters', () => {
    expect(parseLine("set pool='a")).toEqual([
      { name: 'set', items: [{ name: 'pool', value: simple("'a") }] },
    ])
  })

  test('has commas in bare words outside brackets, and between values inside', () => {
    expect(parseLine('set limitpriv=default,dtrace_proc')).toEqual([
      { name: 'set', items: [{ name: 'limitpriv', value: simple('default,dtrace_proc') }] },
    ])
    expect(parseLine('add options [ro,"a=b"]')).toEqual([
      { name: 'add', items: [{ name: 'options' }, { value: { kind: 'list', items: ['ro', 'a=b'] } }] },
    ])
    expect(parseLine('set options=[]')).toEqual([
      { name: 'set', items: [{ name: 'options', value: { kind: 'list', items: [] } }] },
    ])
  })

  test('has complex values, alone and in lists', () => {
    const members = [
      ['priv', 'privileged'],
      ['limit', '10'],
    ]
    expect(parseLine('add value (priv=privileged, limit=10)')).toEqual([
      { name: 'add', items: [{ name: 'value' }, { value: { kind: 'complex', members } }] },
    ])
    expect(parseLine('set value=[(priv=privileged,limit=10)]')).toEqual([
      { name: 'set', items: [{ name: 'value', value: { kind: 'list', items: [members] } }] },
    ])
  })

  test.each([
    ['Set autoboot=true', 'Set'],
    ['"set" autoboot=true', 'set'],
    ['reboot', 'reboot'],
    ['set autoboot=', '\\n'],
    ['add options [ro', '\\n'],
    ['add value (priv)', ')'],
    ['set a==b', '='],
  ])('%s is a syntax error at %s', (line, fault) => {
    expect(parseLine(line)).toEqual([{ fault }])
  })

  test('reads on after a command that is wrong', () => {
    expect(parseLine('bogus [ ; verify')).toEqual([{ fault: 'bogus' }, { name: 'verify', items: [] }])
  })

  test('gives back exactly the value that was quoted', () => {
    fc.assert(
      fc.property(zonecfgString, (value) => {
        expect(parseLine(`set bootargs=${quoteZonecfgValue(value)}; end`)).toEqual([
          { name: 'set', items: [{ name: 'bootargs', value: simple(value) }] },
          { name: 'end', items: [] },
        ])
      }),
    )
  })

  test('is always read to its end', () => {
    const piece = fc.constantFrom('set', 'add', '[', ']', '(', ')', ',', ';', '"', '=', ' ', '#', 'a')
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 2 }))), (parts) => {
        expect(Array.isArray(parseLine(parts.join('').replaceAll('\n', ' ')))).toBe(true)
      }),
    )
  })
})

test('a value that the language cannot say is refused by name', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom('"', '\n', '\r', '\0', '\uD800'),
      fc.string(),
      (before, bad, after) => {
        expect(() => quoteZonecfgValue(before + bad + after)).toThrow(
          expect.objectContaining({ code: 'ZonecfgValueInvalid' }),
        )
      },
    ),
  )
})
