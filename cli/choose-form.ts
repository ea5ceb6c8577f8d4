// Which of a version's artifacts `--form` means.
import { artifactExtension, formName, type Artifact, type Manifest } from '#core/manifest.ts'
import { usageFailure } from './failures.ts'

export interface ChosenForm {
  artifact: Artifact
  /** said when others have the same form; undefined: it is the only one */
  notice: string | undefined
}

/** By form, the first of several; or by sha256, of which eight digits will do. Without either the first there is. */
export function chooseForm(manifest: Pick<Manifest, 'artifacts'>, form: string | undefined): ChosenForm {
  const { artifacts } = manifest
  const isDigest = form !== undefined && /^[0-9a-f]{8,64}$/.test(form)
  const artifact = artifacts.find((one) =>
    isDigest ? one.sha256.startsWith(form) : form === undefined || artifactExtension(one) === form,
  )
  if (!artifact) {
    const there = artifacts.map((one) => formName(one, manifest)).join(', ')
    throw usageFailure(`there is no form ${form}, expected one of ${there}, or the sha256 of one`)
  }
  const alike = artifacts.filter((one) => artifactExtension(one) === artifactExtension(artifact))
  if (isDigest || alike.length < 2) return { artifact, notice: undefined }
  const others = alike.filter((one) => one !== artifact)
  return {
    artifact,
    notice:
      `there are ${alike.length} of this form; this is ${described(artifact, manifest)}, ` +
      `--form SHA256 gives ${others.map((one) => described(one, manifest)).join(', ')}`,
  }
}

function described(artifact: Artifact, manifest: Pick<Manifest, 'artifacts'>): string {
  return `${formName(artifact, manifest)} ${artifact.sha256}`
}
