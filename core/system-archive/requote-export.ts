// Makes the text of `zonecfg export` one that zonecfg takes again: it prints global values without quotes (zones.md 2.9).
import { quoteZonecfgValue } from '../zone/zonecfg-value.ts'

const setLine = /^\s*set ([a-z-]+)=(.*)$/
const optionLine = /^\s*add options (.*)$/

/**
 * The same commands with every simple value in quotes. Lists and values in parentheses stay as they are.
 * @throws ZonecfgValueInvalid for a value that the language cannot say
 */
export function requoteExport(text: string): string {
  const lines = text.split('\n').map((line) => {
    const [, name, value] = setLine.exec(line) ?? []
    if (name !== undefined && value !== undefined) return `set ${name}=${requoted(value)}`
    const [, option] = optionLine.exec(line) ?? []
    return option === undefined ? line.trim() : `add options ${requoted(option)}`
  })
  return `${lines.join('\n').trim()}\n`
}

function requoted(value: string): string {
  if (/^(\[.*\]|\(.*\))$/.test(value)) return value
  const [, bare] = /^"([^"]*)"$/.exec(value) ?? []
  return quoteZonecfgValue(bare ?? value.trimEnd())
}
