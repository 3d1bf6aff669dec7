// dbus-next describes and reads interfaces with it; the broker follows signals of an interface that it knows.
module.exports = {
  get Builder() {
    return require('now:xml2js').Builder;
  },
  get Parser() {
    return require('now:xml2js').Parser;
  },
};
