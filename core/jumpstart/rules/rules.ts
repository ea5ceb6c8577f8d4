// A rules file as values (jumpstart.md 1.2).

/** `! arch sparc` */
export interface RuleTerm {
  negated: boolean
  keyword: string
  /** blanks of quoted text as underscores */
  values: readonly string[]
}

export interface Rule {
  kind: 'rule'
  /** of the file, 1 at first; of lines that are joined, the first */
  line: number
  /** all must be true */
  terms: readonly RuleTerm[]
  /** a path, or `-` for none */
  begin: string
  /** a path; `=`: the begin script writes it; `-`: the installer asks */
  profile: string
  /** a path, or `-` for none */
  finish: string
}

/** Finds something out and matches nothing. */
export interface ProbeLine {
  kind: 'probe'
  line: number
  name: string
}

export type RulesLine = Rule | ProbeLine

/** In the order of the file: the first rule that is true wins. */
export type Rules = readonly RulesLine[]

/** What the server itself puts into a column: documents that it renders for the host. */
export const OF_THE_SERVER = { begin: 'begin', profile: 'profile', finish: 'finish' } as const

/** What applies while nobody has stored rules: the server's own documents for every host. */
export const DEFAULT_RULES = 'any - begin profile finish\n'
