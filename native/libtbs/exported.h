/* Marks the functions of Tbs.h, the only ones that libtbs.so exports; everything else has hidden visibility. */
#ifndef TPMTBS_EXPORTED_H
#define TPMTBS_EXPORTED_H

#define EXPORT __attribute__((visibility("default")))

#endif
