declare module 'node-gyp-build' {
  /** Loads the addon of the package in `directory`: its build, or its prebuilt file for this platform. */
  export default function load(directory: string): unknown;
}
