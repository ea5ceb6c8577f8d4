// The steps of a build, each on what it needs. A missing or surplus one does not compile.
import type { Steps } from '../step.ts'
import { abandonVersion, discardStep, publishStep, stopStep } from './end.ts'
import { goldenStep } from './golden.ts'
import { mediaStep } from './media-step.ts'
import { madeInputs } from './media.ts'
import type { StepNeeds } from './needs.ts'
import { hygieneStep, packageStep } from './package.ts'
import { proveStep } from './prove.ts'

export function createBuildSteps(needs: StepNeeds): Steps {
  return {
    media: mediaStep(needs),
    create: goldenStep('create', needs),
    install: goldenStep('install', needs),
    boot: goldenStep('boot', needs),
    wait: goldenStep('wait', needs),
    customize: goldenStep('customize', needs),
    smoke: goldenStep('smoke', needs),
    halt: goldenStep('halt', needs),
    scrub: goldenStep('scrub', needs),
    detach: goldenStep('detach', needs),
    package: packageStep(needs),
    hygiene: hygieneStep(needs),
    'prove-install': proveStep('prove-install', needs),
    'prove-boot': proveStep('prove-boot', needs),
    'prove-smoke': proveStep('prove-smoke', needs),
    publish: publishStep(needs),
    madeInputs: (context) => madeInputs(context, needs),
    stop: stopStep(needs),
    discard: discardStep(needs),
    abandon: (build) => abandonVersion(build, needs),
  }
}
