// vscode-jsonrpc and dbus-next use it only in functions that the broker and its clients never call.
module.exports = {
  get createHash() {
    return require('now:crypto').createHash;
  },
  get randomBytes() {
    return require('now:crypto').randomBytes;
  },
};
