// An SVR4 package as pkgadd meets it: pkginfo, pkgmap and files, in a directory or in a datastream (pkgtrans -s).

export interface SourcePackage {
  name: string
  /** a file of the package by its path below the package's directory, e.g. `pkgmap`, `reloc/webmin/miniserv.pl` */
  read: (file: string) => Buffer | undefined
}

/** A line of pkgmap(4): what is to be there. */
export interface MapEntry {
  type: string
  path: string
  /** of a link */
  target: string | undefined
  mode: number | undefined
  owner: string
  group: string
  /** the line's own text behind its volume, as /var/sadm/install/contents has it */
  rest: string
}

export function readInfo(pkg: SourcePackage): Map<string, string> {
  const text = pkg.read('pkginfo')?.toString('utf8') ?? ''
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, key, value] = /^(\w+)=["']?(.*?)["']?$/.exec(line) ?? []
      return key === undefined ? [] : [[key, value ?? '']]
    }),
  )
}

/** The pkgmap without its first line and without the package's own information files. @throws Error */
export function readMap(pkg: SourcePackage): MapEntry[] {
  const text = pkg.read('pkgmap')?.toString('utf8')
  if (text === undefined) throw new Error(`package ${pkg.name} has no pkgmap`)
  return text.split('\n').flatMap((line): MapEntry[] => {
    if (line === '' || line.startsWith(':')) return []
    const [volume = '', type = '', ...words] = line.split(/\s+/)
    if (!/^\d+$/.test(volume)) throw new Error(`package ${pkg.name}: pkgmap line ${JSON.stringify(line)}`)
    if (type === 'i') return []
    const [, name = '', mode, owner = 'root', group = 'root'] = words
    const [path = '', target] = name.split('=')
    return [{ type, path, target, mode: modeOf(mode), owner, group, rest: words.slice(2).join(' ') }]
  })
}

const modeOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^[0-7]{3,4}$/.test(text) ? Number.parseInt(text, 8) : undefined
