/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of the document of Describe that is about programs. */
#pragma once

#include "basic/json.h"
#include "facts/programs.h"

/* Fills the member "software". Returns -ENOMEM or 0. */
int describe_software(Json *software, const ProgramFacts *facts);
