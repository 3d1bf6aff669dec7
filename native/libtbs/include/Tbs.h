#include "tbs.h"
