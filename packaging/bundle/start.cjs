#!/usr/lib/tpmtbs-node/bin/node
// Starts the program of this name from V8's code cache. Node.js' own compile cache (node:module) does not help: it
// has one cache for each user, and contains only the functions that run when a module is loaded.
'use strict';
const { readFileSync, writeFileSync, writeSync } = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');

const name = path.basename(__filename);
const file = path.join(__dirname, `${name}.cjs`);
const cacheFile = path.join(__dirname, 'cache', name);
const writesCache = process.env.TPMTBS_WRITE_CODE_CACHE === name;

if (process.argv.length === 3 && process.argv[2] === '--version') {
  // Scripts often ask for the version, and it needs no part of the program.
  writeSync(1, `${require('./package.json').version}\n`);
} else {
  run();
}

function run() {
  const source = `(function (exports, require, module, __filename, __dirname, importBeside) {${readFileSync(file, 'latin1')}\n})`;
  const script = new Script(source, { filename: file, cachedData: writesCache ? undefined : cachedCode() });
  if (process.env.TPMTBS_CHECK_CODE_CACHE === name) {
    process.exitCode = script.cachedDataRejected === false ? 0 : 1;
    return;
  }
  const bundle = { exports: {} };
  // A script of node:vm cannot import ES modules itself.
  const importBeside = (name) => import(name);
  script.runInThisContext()(bundle.exports, require, bundle, file, __dirname, importBeside);
  // At the end, so that the cache contains what the run has compiled.
  if (writesCache) {
    process.once('exit', () => {
      bundle.exports.beforeCodeCache?.();
      writeFileSync(cacheFile, script.createCachedData());
    });
  }
  bundle.exports.run();
}

/** Undefined if there is none. V8 ignores a cache that another version of Node.js wrote, and compiles as usual. */
function cachedCode() {
  try {
    return readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}
