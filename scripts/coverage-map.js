/**
 * Which files a test file covers, for tap: the scripted tests cover the core, and no other test covers anything.
 *
 * What the engines' tests happen to run through does not count. A branch of the core that only they
 * reach would be tested in some timings and not in others.
 */
export default (testFile) => (testFile.startsWith('test/core/') ? 'src/core/**/*.ts' : null)
