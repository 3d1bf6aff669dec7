// Stands in the bundle for node-gyp-build-optional-packages, which lmdb finds its addon with: here it lies beside the bundle.
module.exports = () => require(require('node:path').join(__dirname, 'lmdb.node'));
