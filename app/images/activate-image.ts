// The third publish call of IMGAPI: an image becomes a version of a template. And the call that takes one back.
import { ProvisionError } from '#core/errors.ts'
import { imageNotFound } from '#core/images/errors.ts'
import { publishedAnswer } from '#core/images/manifest.ts'
import type { PublishedManifest } from '#core/images/published-manifest.ts'
import type { Uuid } from '#core/images/uuid.ts'
import type { Artifact, OsFamily } from '#core/manifest.ts'
import { publishVersion } from '../channels/publish-candidate.ts'
import { describeVersion } from '../describe-version.ts'
import type { PublishedImage } from '../ports/images.ts'
import { assertNameFree, originOf, type PublishNeeds } from './publish-image.ts'

/** Its actor, for the audit log. */
interface Asked {
  uuid: Uuid
  actor: string
}

/**
 * The third call: the version is recorded, and channels move to it as to any that is pushed. May be repeated: one that was
 * interrupted goes on where it stopped. @throws ResourceNotFound, NoActivationNoFile, ValidationFailed when another version
 * has come under its name, ImageFileReplaced
 */
export async function activateImage({ uuid, actor }: Asked, needs: PublishNeeds): Promise<object> {
  const image = await needs.images.find(uuid)
  if (!image) throw imageNotFound(uuid)
  if (image.state === 'active') return publishedAnswer(image, 'active')
  const { artifact, template, version } = image
  if (!artifact)
    throw new ProvisionError(
      'conflict',
      'NoActivationNoFile',
      `image ${uuid} has no file yet, expected it first`,
    )
  const isThere = await isRecorded(image, needs)
  if (!isThere && image.state === 'unactivated') await assertNameFree(image, needs)
  await needs.images.settle(uuid, artifact.sha256)
  if (!isThere) await recordVersion({ image, artifact, actor }, needs)
  await publishVersion(await needs.catalog.getVersion(template, version), needs)
  await needs.audit.write({
    actor,
    action: 'image.publish',
    subject: `${template}@${version}`,
    details: { uuid },
  })
  const published_at = image.manifest.published_at ?? needs.clock.now().toISOString()
  const manifest = { ...image.manifest, published_at }
  await needs.images.setActive(uuid, manifest)
  return publishedAnswer({ ...image, manifest }, 'active')
}

/** Records the version of an image whose file is settled. One that cannot become a version may get another file, or be taken back. */
async function recordVersion(
  { image, artifact, actor }: { image: PublishedImage; artifact: Artifact; actor: string },
  needs: PublishNeeds,
): Promise<void> {
  const { uuid, template, version } = image
  try {
    const manifest = describeVersion({
      template,
      version,
      facts: factsOf(image.manifest),
      artifact,
      detachedXml: undefined,
      origin: await originOf(image.manifest, needs),
      createdBy: actor,
      createdAt: needs.clock.now(),
    })
    // its index came with the file
    await needs.catalog.putVersion({ state: 'ready', manifest }, new Map())
  } catch (error) {
    // the same call may have come twice at once
    if (await isRecorded(image, needs)) return
    if (error instanceof ProvisionError) await needs.images.release(uuid)
    throw error
  }
}

/** Whether its version is there and has its file. */
async function isRecorded(
  { template, version, artifact }: PublishedImage,
  { catalog }: PublishNeeds,
): Promise<boolean> {
  const there = await catalog.findVersion(template, version)
  return there?.manifest.artifacts.some(({ sha256 }) => sha256 === artifact?.sha256) ?? false
}

/** What a client does after a failure. @throws ResourceNotFound, ImageAlreadyActivated */
export async function deleteImage({ uuid, actor }: Asked, needs: PublishNeeds): Promise<void> {
  const image = await needs.images.find(uuid)
  if (!image) throw imageNotFound(uuid)
  const { template, version, state } = image
  if (state === 'activating' && !(await isRecorded(image, needs))) await needs.images.release(uuid)
  if (!(await needs.images.remove(uuid)))
    throw new ProvisionError(
      'conflict',
      'ImageAlreadyActivated',
      `image ${uuid} is ${template}@${version}: delete that with \`zoneflash template rm\``,
    )
  await needs.audit.write({
    actor,
    action: 'image.remove',
    subject: `${template}@${version}`,
    details: { uuid },
  })
}

const families: Record<PublishedManifest['os'], OsFamily> = {
  smartos: 'illumos',
  illumos: 'illumos',
  linux: 'linux',
  other: 'solaris10',
}

function factsOf({ type, os, requirements, description }: PublishedManifest): {
  brand: string
  osFamily: OsFamily
  notes?: string
} {
  const usual = { smartos: 'joyent', illumos: 'illumos', linux: 'lx', other: 'native' }[os]
  return {
    brand: type === 'lx-dataset' ? 'lx' : (requirements?.brand ?? usual),
    osFamily: type === 'lx-dataset' ? 'linux' : families[os],
    ...(description && { notes: description }),
  }
}
