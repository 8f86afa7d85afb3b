#include "daemon/config/config.h"

#include "daemon/config/setting.h"
#include "lib/base/diag.h"

#include "tests/unit/unit.h"

static struct config *parse(const char *text, struct diags *diags)
{
    diags_init(diags);
    return config_parse(STR("/etc/couac/couac.yaml"), str_of(text), diags);
}

static void durations_and_sizes_need_their_unit(void **state)
{
    (void)state;
    int64_t n = -7;

    assert_true(setting_parse_duration(STR("15 min"), &n) && n == 900000);
    assert_true(setting_parse_duration(STR("500ms"), &n) && n == 500);
    assert_true(setting_parse_duration(STR("7 days"), &n) && n == 604800000);
    assert_true(setting_parse_size(STR("8 MiB"), &n) && n == 8 << 20);
    n = -7;
    assert_false(setting_parse_duration(STR("15"), &n));
    assert_false(setting_parse_duration(STR("min"), &n));
    assert_false(setting_parse_duration(STR("-1 s"), &n));
    assert_false(setting_parse_duration(STR("9223372036854775807 days"), &n));
    assert_false(setting_parse_size(STR("8 MB"), &n));
    assert_int_equal(n, -7);
}

static void the_printed_defaults_are_what_an_empty_file_means(void **state)
{
    (void)state;
    struct sbuf text = SBUF_INIT(1 << 20), changed = SBUF_INIT(4000);
    struct diags a, b;

    config_print_defaults(&text);
    struct config *printed = parse(sbuf_cstr(&text), &a);
    struct config *bare = parse("couac: 1\n", &b);

    assert_non_null(printed);
    assert_non_null(bare);
    assert_int_equal(a.n, 0);
    config_needs_restart(printed, bare, &changed);
    assert_str_equal(sbuf_str(&changed), STR_NONE);
    assert_memory_equal(&printed->poll.interval_ms, &bare->poll.interval_ms,
                        offsetof(struct config_poll, contact));
    assert_int_equal(bare->poll.body_max, 8 << 20);
    config_free(printed);
    config_free(bare);
    diags_done(&a);
    diags_done(&b);
    sbuf_done(&text);
    sbuf_done(&changed);
}

static void sources_and_relative_paths_are_read(void **state)
{
    (void)state;
    struct diags d;
    struct config *c = parse("couac: 1\nrules: my-rules\nredis: {password_file: redis-pw}\n"
                             "sources:\n  press: {url: 'https://n.example/a.rss'}\n"
                             "  local:\n    url: http://127.0.0.1:8000/\n    every: 1 s\n"
                             "    network: private\n    about: us\n    lang: fr\n",
                             &d);

    assert_non_null(c);
    assert_str_equal(c->rules, STR("/etc/couac/my-rules"));
    assert_str_equal(c->redis.password_file, STR("redis-pw"));
    assert_int_equal(c->n_sources, 2);
    assert_int_equal(c->sources[0].every_ms, 0);
    assert_int_equal(c->sources[0].network, CONFIG_PUBLIC);
    assert_int_equal(c->sources[1].every_ms, 1000);
    assert_int_equal(c->sources[1].about, CONFIG_ABOUT_US);
    assert_str_equal(c->sources[1].lang, STR("fr"));
    config_free(c);
    diags_done(&d);
}

static void every_mistake_has_its_place_and_a_way_out(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message, *hint;
    } rows[] = {
        {"poll: {}\n", "couac.yaml:1: error: no version", "couac: 1"},
        {"couac: 2\n", "couac.yaml:1:8: error: this couacd reads version 1", "couac: 1"},
        {"couac: 1\npol: {}\n", "2:1: error: unknown key 'pol' in couac.yaml", "'poll'"},
        {"couac: 1\npoll:\n  intervall: 1 h\n", "3:3: error: unknown key 'intervall' in poll",
         "'interval'"},
        {"couac: 1\npoll:\n  interval: 15\n", "3:13: error: '15' is not a duration", "15 min"},
        {"couac: 1\npoll:\n  interval: 1 ms\n",
         "3:13: error: poll.interval must lie between 1 s and 7 days", ""},
        {"couac: 1\nlog: {level: inof}\n", "2:14: error: log.level cannot be 'inof'", "'info'"},
        {"couac: 1\nsources:\n  a b: {url: http://x/}\n", "3:3: error: 'a b' cannot name a source",
         "letters"},
        {"couac: 1\nsources:\n  a: {}\n", "3:3: error: source 'a' has no url", "url:"},
        {"couac: 1\nsources:\n  a: {kind: api}\n", "3:3: error: source 'a' has no connector",
         "connector:"},
        {"couac: 1\nsources:\n  a: {kind: api, connector: mastodn}\n",
         "3:29: error: cannot read connector 'mastodn'", "mastodn.yaml"},
        {"couac: 1\nsources:\n  a: {kind: api, connector: mastodon-tag}\n",
         "3:3: error: source 'a' does not say 'tag'", "with: {tag: ...}"},
        {"couac: 1\nsources:\n  a: {kind: api, connector: mastodon-tag, with: {tag: x, tga: y}}\n",
         "3:58: error: unknown key 'tga'", "did you mean 'tag'"},
        {"couac: 1\nsources:\n  a: {kind: api, connector: mastodon-mentions}\n",
         "3:3: error: source 'a': the credential is missing", "credential:"},
        {"couac: 1\nsources:\n  a: {kind: stream, connector: mastodon-tag, with: {tag: x}}\n",
         "3:3: error: connector 'mastodon-tag' knows of no stream", "kind: api"},
        {"couac: 1\nsources:\n  a: {kind: stream, connector: mastodon-stream,\n"
         "      with: {tag: x, streaming: https://m.example}}\n",
         "3:3: error: source 'a' does not say 'instance'", "with: {instance"},
        {"couac: 1\nsources:\n  a: {kind: webmention, sites: acme.example}\n",
         "3:3: error: nothing listens for source 'a'", "push: {listen:"},
        {"couac: 1\npush: {listen: 'http://127.0.0.1:1'}\nsources:\n  a: {kind: webmention}\n",
         "4:3: error: source 'a' has no sites", "sites: acme.example"},
        {"couac: 1\npush: {public: 'https://hooks.acme.example/'}\n",
         "2:16: error: nothing listens behind this address", "listen: http://127.0.0.1:8787"},
        {"couac: 1\nsources:\n  a: {kind: stream}\n", "3:3: error: source 'a' has no url",
         "url: https://"},
        {"couac: 1\nsources:\n  a: {kind: api, connector: facebook-webhook}\n",
         "is only for pushed bodies", ""},
        {"couac: 1\nsources:\n  a: {url: 'file:///etc/passwd'}\n",
         "3:12: error: 'file:///etc/passwd' is not a URL", "http"},
        {"couac: 1\nsources:\n  a: {url: http://x/, every: 1 s}\n",
         "3:30: error: public servers are not asked more often than 5 min", "private"},
        {"couac: 1\nredis: [1]\n", "2:8: error: redis must be a map, not a list", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct diags d;
        struct sbuf out = SBUF_INIT(4000);

        assert_null(parse(rows[i].text, &d));
        assert_int_equal(d.n_errors, 1);
        diag_write_short(&d.items[0], &out);
        if (str_find(sbuf_str(&out), str_of(rows[i].message), 0) == SIZE_MAX)
            fail_msg("row %zu: %s", i, sbuf_cstr(&out));
        if (str_find(d.items[0].hint, str_of(rows[i].hint), 0) == SIZE_MAX)
            fail_msg("row %zu: hint %.*s", i, STR_ARG(d.items[0].hint));
        sbuf_done(&out);
        diags_done(&d);
    }
}

static void a_webmention_source_on_the_local_network_is_warned_of(void **state)
{
    (void)state;
    struct diags d;
    struct sbuf out = SBUF_INIT(4000);
    struct config *c = parse("couac: 1\npush: {listen: 'http://127.0.0.1:1'}\nsources:\n"
                             "  a: {kind: webmention, sites: acme.example, network: private}\n"
                             "  b: {kind: webmention, sites: acme.example, network: public}\n"
                             "  c: {kind: webmention, sites: acme.example}\n",
                             &d);

    assert_non_null(c);
    assert_int_equal(d.n, 1);
    diag_write_short(&d.items[0], &out);
    assert_string_equal(sbuf_cstr(&out),
                        "/etc/couac/couac.yaml:4:55: warning: source 'a' fetches pages that "
                        "strangers name, from the local network too");
    assert_non_null(strstr(d.items[0].hint.p, "remove network: private"));
    sbuf_done(&out);
    config_free(c);
    diags_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_and_sizes_need_their_unit),
        cmocka_unit_test(the_printed_defaults_are_what_an_empty_file_means),
        cmocka_unit_test(sources_and_relative_paths_are_read),
        cmocka_unit_test(every_mistake_has_its_place_and_a_way_out),
        cmocka_unit_test(a_webmention_source_on_the_local_network_is_warned_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
