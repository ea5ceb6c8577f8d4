// What can go wrong in a command, the exit code that follows from it, and what the user can do next.

export const exitCode = { ok: 0, refused: 1, usage: 2, unreachable: 3, interrupted: 130 } as const
export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export type FailureOptions = ErrorOptions & {
  advice?: string
  details?: Record<string, unknown>
  status?: number
}

/** A failure that is told to the user in one line, `zoneflash: message (Code)`, and another with the advice. */
export class CliFailure extends Error {
  readonly code: string
  readonly exit: ExitCode
  readonly advice: string | undefined
  /** what the server says beside the message */
  readonly details: Readonly<Record<string, unknown>>
  /** of the HTTP reply that said so */
  readonly status: number | undefined

  constructor(exit: ExitCode, code: string, message: string, options?: FailureOptions) {
    super(message, options)
    this.name = code
    this.code = code
    this.exit = exit
    this.advice = options?.advice ?? adviceFor[code]
    this.details = options?.details ?? {}
    this.status = options?.status
  }
}

/** Wrong words on the command line. */
export function usageFailure(message: string, advice?: string): CliFailure {
  return new CliFailure(exitCode.usage, 'Usage', message, advice === undefined ? {} : { advice })
}

/** Something that the client itself refuses, for a reason the user can mend. */
export function refused(
  code: string,
  message: string,
  options?: ErrorOptions & { advice?: string },
): CliFailure {
  return new CliFailure(exitCode.refused, code, message, options)
}

/** Next steps for the codes that people meet; what is not here speaks for itself. */
const adviceFor: Record<string, string> = {
  ServerUnreachable: 'start it with `zoneflash up`, or set ZONEFLASH_SERVER to its URL',
  Unauthenticated:
    'set ZONEFLASH_TOKEN, or run where ZONEFLASH_DATA holds the admin.token that `zoneflash up` wrote',
  RoleTooLow: 'use a token of the role that the message expects: `zoneflash token create NAME --role ROLE`',
  TemplateNotFound: '`zoneflash template list` shows what there is',
  VersionNotFound: '`zoneflash template show NAME` shows its versions and channels',
  VersionExists: 'versions never change: choose another --version, or leave it out',
  HostNotFound: '`zoneflash host list` shows what there is, `zoneflash host add` adds one',
  HostExists: 'change it with `zoneflash host set`',
  HostHasNoMac: 'say it: `zoneflash host set HOST --mac ADDRESS`',
  HostHasNoAddress: 'say it with --address, or once: `zoneflash host set HOST --address ADDRESS`',
  BootAddressNeeded: 'say it with --boot-server ADDRESS',
  MacTaken:
    'a machine has one record: change or remove the other (`zoneflash host set`, `zoneflash host rm`)',
  PlanConflict:
    '`zoneflash host show HOST`, `profile show PROFILE` and `template show TEMPLATE` say what each expects; mend the one that is wrong',
  HostHasNoProfile: 'give it one: `zoneflash host set HOST --profile PROFILE`',
  HostUnreachable:
    'look at its transport: `zoneflash host show HOST`, `zoneflash host set HOST --transport ssh:root@ADDRESS`',
  ScheduleNotFound: '`zoneflash schedule list` shows what there is, `zoneflash schedule set` makes one',
  BuildNotFound: '`zoneflash build list` shows what there is',
  HostCannotBuild:
    '`zoneflash host list` shows the releases; `zoneflash host set HOST --release RELEASE` mends a wrong one',
  RecipeNotFound: '`zoneflash recipe list` shows what there is',
  ChannelNotFound: '`zoneflash template show NAME` shows its versions and channels',
  HostsWouldBreak:
    '`zoneflash rules test HOST --rules FILE` shows why; --force stores the change nevertheless',
  RevisionNotFound: '`zoneflash rules history` shows what there is',
  JumpStartChanged: 'somebody else changed it: look with `zoneflash rules show`, then try again',
  JumpStartFileNotFound: '`zoneflash rules files` shows what there is',
  HostBuilds: 'wait for them, or end them: `zoneflash build cancel BUILD`',
  OriginNotBuilt: 'build the origin first: `zoneflash build run ORIGIN --follow`',
  MediumMissing: 'put the file there, then run the build again',
  NothingKept: '`zoneflash build show BUILD` says what has become of its zones',
  ProfileNotFound: '`zoneflash profile list` shows what there is, `zoneflash profile import FILE` adds one',
  DigestMismatch: 'the bytes are not those that the sha256 names: fetch or copy the file again',
  UnknownFormat: 'expected a tar, a cpio (newc), a ZFS stream, plain or compressed, or a flash archive',
  BrandMissing: 'say it: --brand native, --brand lx, …; a whole system is pushed with --kind system',
  NoSpace: 'free space below the server’s data directory',
  ZoneRunning: 'halt and detach it first: `zoneadm -z ZONE halt`, `zoneadm -z ZONE detach`',
  ZoneNotDetached: 'detach it first: `zoneadm -z ZONE detach`',
}
