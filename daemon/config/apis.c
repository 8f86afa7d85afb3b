#include "daemon/config/apis.h"

#include <stdlib.h>

#include "daemon/config/config.h"
#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/base/map.h"
#include "lib/data/yaml.h"
#include "lib/feed/connector.h"
#include "lib/host/share.h"

void apis_read_with(const struct yaml *map, const struct setting_scope *scope,
                    struct config_source *ret)
{
    if (map->type != YAML_MAP) {
        diag(scope->diags, DIAG_ERROR, map->at, "with must be a map, not %s",
             yaml_type_name(map->type));
        return;
    }
    ret->with = arena_array(scope->arena, map->n + 1, sizeof(*ret->with));
    for (const struct yaml *node = map->first; node; node = node->next)
        if (node->type == YAML_SCALAR)
            ret->with[ret->n_with++] = (struct connector_pair){arena_str(scope->arena, node->key),
                                                               arena_str(scope->arena, node->s)};
        else
            diag(scope->diags, DIAG_ERROR, node->at, "%.*s must be a text, not %s",
                 STR_ARG(node->key), yaml_type_name(node->type));
}

/* The file of a connector's name, in `arena`. */
static struct str connector_path(const struct config *c, struct str name,
                                 const struct setting_scope *scope)
{
    struct str share = share_folder(c->share.n ? c->share : str_of(getenv("COUAC_SHARE")));

    if (str_find_char(name, '/', 0) == SIZE_MAX)
        return arena_printf(scope->arena, "%.*s/connectors/%.*s.yaml", STR_ARG(share),
                            STR_ARG(name));
    if (name.p[0] == '/')
        return arena_str(scope->arena, name);
    return arena_printf(scope->arena, "%.*s/%.*s", STR_ARG(scope->folder), STR_ARG(name));
}

static struct connector *load_connector(const struct config *c, const struct yaml *name,
                                        const struct setting_scope *scope)
{
    struct str path = connector_path(c, name->s, scope);
    struct sbuf text = SBUF_INIT(YAML_BYTES_MAX + 1);
    struct connector *made = NULL;
    int r = setting_read_file(path.p, &text);

    if (r < 0) {
        diag(scope->diags, DIAG_ERROR, name->at, "cannot read connector '%.*s': %s",
             STR_ARG(name->s), strerror(-r));
        diag_hint(scope->diags, "it should be %.*s", STR_ARG(path));
    } else {
        made = connector_load(path, arena_str(scope->diags->arena, sbuf_str(&text)), scope->arena,
                              scope->diags);
    }
    sbuf_done(&text);
    return made;
}

/* Each file is read once, however many sources use it. */
static struct connector *find_connector(const struct config *c, const struct yaml *name,
                                        const struct setting_scope *scope)
{
    struct connector *known = map_get(c->connectors, name->s);

    if (known)
        return known;
    known = load_connector(c, name, scope);
    if (known)
        (void)map_put(c->connectors, arena_str(scope->arena, name->s), known); /* is new */
    return known;
}

static void check_with(const struct yaml *map, const struct config_source *source,
                       struct diags *diags)
{
    const struct connector_variable *known;
    size_t n = connector_variables(source->connector, &known);
    const struct yaml *with = yaml_get(map, STR("with"));
    struct str names[CONNECTOR_WITH_MAX];

    for (size_t i = 0; i < n; i++) {
        names[i] = known[i].name;
        if (known[i].need == CONNECTOR_OPTIONAL || (with && yaml_get(with, names[i])))
            continue;
        diag(diags, DIAG_ERROR, map->key_at, "source '%.*s' does not say '%.*s'",
             STR_ARG(source->id), STR_ARG(names[i]));
        diag_hint(diags, "add   with: {%.*s: ...}   %.*s", STR_ARG(names[i]),
                  STR_ARG(known[i].about));
    }
    for (const struct yaml *node = with && with->type == YAML_MAP ? with->first : NULL; node;
         node = node->next) {
        size_t i = 0;

        while (i < n && !str_eq(names[i], node->key))
            i++;
        if (i == n)
            setting_unknown(node, "this connector's with", names, n, diags);
    }
}

static enum connector_error try_request(const struct config_source *source, struct arena *arena)
{
    struct connector_settings settings = {source->with, source->n_with,
                                          source->credential.n ? STR("x") : STR_NONE};
    struct connector_cursor cursor = {.mark = STR_NONE};
    struct connector_request request;

    if (source->kind == CONFIG_STREAM)
        return connector_stream(source->connector, &settings, arena, &request);
    return connector_request(source->connector, &settings, &cursor, 0, arena, &request);
}

static bool check_ability(const struct yaml *map, const struct config_source *source,
                          struct diags *diags)
{
    bool asks = connector_asks(source->connector), streams = connector_streams(source->connector);

    if (source->kind == CONFIG_STREAM ? streams : asks)
        return true;
    diag(diags, DIAG_ERROR, map->key_at, "connector '%.*s' %s", STR_ARG(source->connector_name),
         source->kind == CONFIG_STREAM ? "knows of no stream"
         : streams                     ? "only listens to a stream"
                                       : "is only for pushed bodies");
    diag_hint(diags, "write   kind: %s", asks ? "api" : streams ? "stream" : "push");
    return false;
}

/* The request is made once, without a loop: whatever is wrong with it is told now. */
static void check_request(const struct yaml *map, const struct config_source *source,
                          const struct setting_scope *scope)
{
    enum connector_error e = try_request(source, scope->arena);

    if (!check_ability(map, source, scope->diags))
        return;
    if (e == CONNECTOR_OK || e == CONNECTOR_E_WITH) /* the latter is told in detail */
        return;
    diag(scope->diags, DIAG_ERROR, map->key_at, "source '%.*s': %s", STR_ARG(source->id),
         connector_error_text(e));
    if (e == CONNECTOR_E_CREDENTIAL)
        diag_hint(scope->diags, "add   credential: a file, or the name of a systemd credential");
}

void apis_load(const struct config *c, const struct yaml *map, const struct setting_scope *scope,
               struct config_source *source)
{
    const struct yaml *name = yaml_get(map, STR("connector"));

    if (name && name->type == YAML_SCALAR && name->s.n)
        source->connector = find_connector(c, name, scope);
}

void apis_check(const struct config *c, const struct yaml *map, const struct setting_scope *scope,
                struct config_source *source)
{
    struct sbuf name = SBUF_INIT(8192);

    if (source->connector_name.n == 0) {
        diag(scope->diags, DIAG_ERROR, map->key_at, "source '%.*s' has no connector",
             STR_ARG(source->id));
        diag_hint(scope->diags, "add   connector: mastodon-tag   or another of the share folder's");
        return;
    }
    source->connector = find_connector(c, yaml_get(map, STR("connector")), scope);
    if (!source->connector)
        return;
    check_with(map, source, scope->diags);
    check_request(map, source, scope);
    /* What the source is about, in one line: another tag is another source. */
    sbuf_printf(&name, "connector:%.*s", STR_ARG(source->connector_name));
    for (size_t i = 0; i < source->n_with; i++)
        sbuf_printf(&name, "%c%.*s=%.*s", i ? '&' : '?', STR_ARG(source->with[i].name),
                    STR_ARG(source->with[i].value));
    source->url = arena_str(scope->arena, sbuf_str(&name));
    sbuf_done(&name);
}
