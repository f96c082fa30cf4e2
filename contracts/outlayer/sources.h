/* Which code sources are acceptable. They end up in events that programs parse and in command lines of the compiler, so every field
 * has an alphabet and a length. */
#pragma once
#include "outlayer/types.h"

/* Ends the call with "source.<field> must …" when a GitHub or WasmUrl source breaks a rule. */
void source_check(const struct source *s);
/* 1 to 64 letters, digits, dashes or underscores; else "Profile …". */
void profile_check(struct slice profile);
/* The same rule; else "Project name …". */
void project_name_check(struct slice name);
/* What names a version of a project: the hash of a WasmUrl source, `repo@commit` of a GitHub one. */
struct slice source_version_key(const struct source *s);
