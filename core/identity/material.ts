/** What of a zone's identity is random, made by whoever has a source of it. */

export type SshKeyType = 'rsa' | 'ecdsa' | 'ed25519'

/** As ssh-keygen writes them. */
export interface SshHostKey {
  type: SshKeyType
  /** PEM, `OPENSSH PRIVATE KEY` */
  privateKey: string
  /** one line */
  publicKey: string
}

export interface IdentityMaterial {
  /** 16 bytes */
  machineId: Uint8Array
  /** of these types the zone gets its keys from here; where one is missing that it needs, the zone makes all by itself */
  sshHostKeys: readonly SshHostKey[]
}
