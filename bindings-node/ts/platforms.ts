/** The packages with the native module, one for each platform. `scripts/pack.mjs` makes them. */
export const PLATFORMS: readonly string[] = [
  'metrion-darwin-arm64',
  'metrion-darwin-x64',
  'metrion-linux-arm64-gnu',
  'metrion-linux-arm64-musl',
  'metrion-linux-x64-gnu',
  'metrion-linux-x64-musl',
];

/** The name of the one for this machine. */
export function platformPackage(): string {
  const libc = process.platform === 'linux' ? (isGlibc() ? '-gnu' : '-musl') : '';
  return `metrion-${process.platform}-${process.arch}${libc}`;
}

function isGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime !== undefined;
}
