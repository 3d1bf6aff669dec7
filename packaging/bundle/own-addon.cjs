// Replaces node-gyp-build, with which the programs find the native addon: a bundle contains one build of it, so nobody
// has to look for the one that fits.
module.exports = (addon) => require(`${addon}/prebuilds/linux-${process.arch}/tpmtbs-native.node`);
