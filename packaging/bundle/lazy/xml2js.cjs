// dbus-next uses it to describe and read interfaces. The broker only follows signals of an interface that it knows.
module.exports = {
  get Builder() {
    return require('now:xml2js').Builder;
  },
  get Parser() {
    return require('now:xml2js').Parser;
  },
};
