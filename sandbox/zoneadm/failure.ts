// How zoneadm's commands fail: with a text that is printed in one of three shapes, and an exit status (zones.md 1.3).

/** A refusal: `zoneadm: zone 'NAME': TEXT`, or `zoneadm: TEXT` without a zone. */
export class Refused extends Error {}

/** A refusal whose text is a whole line after the program's name: `zoneadm: NAME: TEXT`. */
export class RefusedWhole extends Error {}

/** A failure whose lines have been printed, or are printed as they stand. */
export class FailedPlainly extends Error {}

/** Wrong options; `usage` is the form that was expected. */
export class WrongUsage extends Error {}

/** Standard error, one line at a time. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}
