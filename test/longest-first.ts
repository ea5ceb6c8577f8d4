// The order of test files: those that boot zones and kill processes begin first, so that none of them is what all wait for at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const long = [
  /\/demo\.test\.ts$/,
  /\/(worker-killed-during-build|build-recipes)\.test\.ts$/,
  /\/test\/system\//,
  /\/test\/fault\//,
  /\/install-script\.test\.ts$/,
  /\/test\/cli\//,
]

function rank({ moduleId }: TestSpecification): number {
  const found = long.findIndex((pattern) => pattern.test(moduleId))
  return found < 0 ? long.length : found
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
