// Replaces node-gyp-build-optional-packages, with which lmdb finds its addon: in an installation, it is beside the
// bundle.
module.exports = () => require(require('node:path').join(__dirname, 'lmdb.node'));
