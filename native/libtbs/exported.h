/* The functions of Tbs.h are all that libtbs.so shows; it is built with hidden visibility. */
#ifndef TPMTBS_EXPORTED_H
#define TPMTBS_EXPORTED_H

#define EXPORT __attribute__((visibility("default")))

#endif
