// vscode-jsonrpc and dbus-next use it for what the broker and its client never ask of them.
module.exports = {
  get createHash() {
    return require('now:crypto').createHash;
  },
  get randomBytes() {
    return require('now:crypto').randomBytes;
  },
};
