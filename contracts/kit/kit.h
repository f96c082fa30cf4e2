/* Everything a contract stands on; start with call.h and schema.h. */
#pragma once
#include "kit/call.h"
#include "kit/event.h"
#include "kit/hash.h"
#include "kit/promise.h"
#include "kit/set.h"
#include "kit/storage.h"
#include "kit/text.h"
