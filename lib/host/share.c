#include "lib/host/share.h"

#include <unistd.h>

static bool runs_from_build(void)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self));

    return n > 0 && str_starts(str_make(self, (size_t)n), STR(COUAC_BUILD_FOLDER "/"));
}

struct str share_folder(struct str chosen)
{
    if (chosen.n)
        return chosen;
    return runs_from_build() ? STR(COUAC_SOURCE_SHARE) : STR(COUAC_INSTALLED_SHARE);
}
