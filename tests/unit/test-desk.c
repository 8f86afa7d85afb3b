#include "lib/desk/desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "lib/rule/load.h"
#include "lib/rule/ruleset.h"
#include "tests/unit/unit.h"

static const char rules[] =
    "couac: 1\n"
    "brand: {accounts: [acme, acme_help]}\n"
    "owners:\n"
    "  care: {contact: c@acme.example, queue: care-list, backup: boss}\n"
    "  boss: {contact: b@acme.example}\n"
    "words:\n"
    "  acknowledged: [envoyez nous un message]\n"
    "  answered: [arrivera ...2 demain]\n"
    "  resolved: [enfin arrive]\n"
    "  not-there: [toujours pas]\n"
    "  anger: [honteux, scandaleux]\n"
    "  filler: [vraiment, encore, honteux]\n"
    "promises:\n"
    "  p48:\n"
    "    says: Livré en 48 h\n"
    "    owner: care\n"
    "    limit: at most 48 h\n"
    "    about: [colis]\n"
    "    against: [depuis <duration>, toujours rien]\n"
    "    kept: [recu en <duration>]\n"
    "    ours: [livr* ...2 <duration>]\n"
    "    severity: {critical: [3 authors in 1 h]}\n"
    "    after: 2 authors in 6 h\n"
    "    answer: within 4 h\n"
    "  returns:\n"
    "    says: Retours faciles\n"
    "    owner: care\n"
    "    about: [retour]\n"
    "    against: [retour refuse]\n"
    "    ours: [retour* ... <duration>, jusqu'au <date>|<ahead>, retour* ... <money>,"
    " partout|toute ...1 france, partout ...1 europe]\n"
    "  draft:\n"
    "    says: Brouillon\n"
    "    owner: care\n"
    "    status: draft\n"
    "    about: [colis]\n"
    "    against: [casse]\n";

struct fixture {
    struct ruleset *set;
    struct desk *desk;
    struct recall *recall;
    struct arena *arena;
    struct desk_outcome out;
    unsigned n_mentions;
};

enum { T0_S = 1741305600 };

static int set_up(void **state)
{
    static struct fixture f;
    struct rule_text file = {STR("r.yaml"), {rules, sizeof(rules) - 1}, RULE_USER};
    struct desk_settings settings = {.instance = STR("shop"),
                                     .producer = STR("couac-1"),
                                     .privacy = PRIVACY_PSEUDONYMOUS,
                                     .hmac_key = STR("secret"),
                                     .retention_s = 30 * 86400,
                                     .repost_window_s = 7 * 86400};
    struct diags diags;

    f = (struct fixture){.arena = arena_new(0), .recall = recall_memory_new()};
    diags_init(&diags);
    if (rule_load(&file, 1, &diags, &f.set) != LOAD_OK)
        return -1;
    diags_done(&diags);
    f.desk = desk_new(&settings);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    desk_free(f->desk);
    ruleset_unref(f->set);
    recall_memory_free(f->recall);
    arena_free(f->arena);
    return 0;
}

static struct mention post(struct fixture *f, const char *author, const char *text, int at_s)
{
    struct mention m = MENTION_INIT;

    m.id = arena_printf(f->arena, "post:%u", f->n_mentions++);
    m.author = str_of(author);
    m.text = str_of(text);
    m.lang = STR("fr");
    m.published_ms = (int64_t)(T0_S + at_s) * 1000;
    return m;
}

/* Every event of these tests goes to the file that COUAC_EVENTS names, one a line: contract.py
 * holds them against the published schema. */
static void dump(const struct fixture *f)
{
    const char *path = getenv("COUAC_EVENTS");
    FILE *file = path ? fopen(path, "a") : NULL;

    for (size_t i = 0; file && i < f->out.n_events; i++)
        fprintf(file, "%.*s\n", STR_ARG(f->out.events[i].json));
    if (file)
        assert_int_equal(fclose(file), 0);
}

static const struct desk_event *hear(struct fixture *f, struct mention m)
{
    struct desk_source source = {.id = STR("feed")};

    assert_int_equal(
        desk_hear(f->desk, f->set, &source, &m, m.published_ms + 500, f->recall, f->arena, &f->out),
        0);
    dump(f);
    return f->out.events;
}

static const struct json *data_of(struct fixture *f, const struct desk_event *e)
{
    struct json *tree;
    struct json_error error;

    assert_int_equal(json_parse(e->json, f->arena, &tree, &error), JSON_OK);
    assert_str_equal(json_get_str(tree, STR("specversion")), STR("1.0"));
    assert_str_equal(json_get_str(tree, STR("source")), STR("urn:couac:shop"));
    return json_get(tree, STR("data"));
}

static int64_t number(const struct json *object, struct str key)
{
    int64_t n = -1;

    assert_true(json_to_i64(json_get(object, key), &n));
    return n;
}

static void a_measured_breach_alerts_at_once_with_all_that_is_needed(void **state)
{
    struct fixture *f = *state;
    const struct desk_event *e =
        hear(f, post(f, "@jean_dupont",
                     "Mon colis depuis 6 jours, appelez le 06 12 34 56 78 ou "
                     "jean@mail.example, merci @acme et @marie",
                     0));

    assert_int_equal(f->out.n_events, 1);
    assert_int_equal(f->out.n_broken, 1);
    assert_int_equal(e->seq, 1);
    assert_int_equal(e->stream, EVENT_ALERTS);
    assert_str_equal(e->promise, STR("p48"));
    assert_str_equal(e->owner_queue, STR("care-list"));
    assert_int_equal(e->id.n, 26);
    const struct json *data = data_of(f, e);
    struct str excerpt = json_get_str(json_get(data, STR("mention")), STR("excerpt"));

    assert_str_equal(excerpt, STR("Mon colis depuis 6 jours, appelez le ************** ou "
                                  "*****************, merci @acme et @*****"));
    assert_str_equal(json_get_str(json_get(data, STR("contradiction")), STR("strength")),
                     STR("measured"));
    assert_int_equal(str_find(e->json, STR("jean"), 0), SIZE_MAX);
    assert_str_equal(
        json_get_str(json_get(json_get(data, STR("mention")), STR("author")), STR("hash")),
        STR("k1:d2f73b0c143dd775"));
}

static void heard_again_it_is_silent(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);

    (void)hear(f, m);
    assert_int_equal(f->out.n_events, 1);
    (void)hear(f, m);
    assert_int_equal(f->out.seen, RECALL_SAME);
    assert_int_equal(f->out.n_events, 0);
}

static void a_new_id_for_the_same_post_is_no_new_post(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0), other = m;

    m.url = STR("http://forum.example/t/7");
    (void)hear(f, m);
    m.id = STR("another");
    m.url = STR("https://www.forum.example/t/7");
    (void)hear(f, m);
    assert_int_equal(f->out.seen, RECALL_SAME);
    m.id = STR("a third");
    m.url = STR("https://www.forum.example/t/8");
    (void)hear(f, m);
    assert_int_equal(f->out.seen, RECALL_NEW);

    other.id = STR("a fourth"); /* without an address: its author and time */
    (void)hear(f, other);
    assert_int_equal(f->out.seen, RECALL_NEW);
    other.id = STR("a fifth");
    (void)hear(f, other);
    assert_int_equal(f->out.seen, RECALL_SAME);
    other.id = STR("a sixth");
    other.author = STR_NONE;
    (void)hear(f, other);
    assert_int_equal(f->out.seen, RECALL_NEW);
}

static void an_edit_is_the_next_revision_of_the_same_alert(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);
    struct str id = hear(f, m)->id;

    m.text = STR("colis depuis 5 jours");
    const struct desk_event *e = hear(f, m);

    assert_int_equal(f->out.seen, RECALL_CHANGED);
    assert_str_equal(e->id, id);
    assert_int_equal(number(json_get(data_of(f, e), STR("alert")), STR("revision")), 2);
}

static void a_repost_raises_the_reach_of_the_first(void **state)
{
    struct fixture *f = *state;
    const char *text = "Mon colis est bloque depuis 6 jours dans votre entrepot, honteux";
    struct str id = hear(f, post(f, "a", text, 0))->id;
    struct mention m = post(f, "b", text, 60);

    m.text = arena_printf(f->arena, "RT @a: %s", text);
    const struct desk_event *e = hear(f, m);
    const struct json *data = data_of(f, e);

    assert_int_equal(f->out.n_reposts, 1);
    assert_str_equal(e->id, id);
    assert_int_equal(number(json_get(data, STR("group")), STR("count")), 2);
    assert_int_equal(number(json_get(data, STR("group")), STR("authors")), 2);
    assert_int_equal(number(json_get(data, STR("alert")), STR("revision")), 2);
}

static void short_words_of_two_people_are_two_alerts(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(str_cmp(hear(f, post(f, "a", "colis depuis 6 jours", 0))->id,
                             hear(f, post(f, "b", "colis depuis 6 jours", 1))->id) != 0,
                     1);
    assert_int_equal(f->out.n_reposts, 0);
}

static void nearly_the_same_words_are_a_repost_other_words_are_not(void **state)
{
    struct fixture *f = *state;
    const char *text =
        "Bonjour, commande passee en boutique il y a longtemps, mon colis est bloque "
        "depuis 6 jours dans votre entrepot de Lille et personne ne repond jamais au "
        "telephone ni par mail, c'est vraiment honteux pour une marque comme la votre";

    (void)hear(f, post(f, "a", text, 0));
    (void)hear(f, post(f, "b", arena_printf(f->arena, "%s merci !", text).p, 60));
    assert_int_equal(f->out.n_reposts, 1);
    (void)hear(f, post(f, "c",
                       "Rien a dire sur la boutique, mais mon colis traine chez le "
                       "transporteur depuis 6 jours et le suivi ne bouge plus du tout",
                       90));
    assert_int_equal(f->out.n_reposts, 0);
}

static const struct desk_event *find_type(struct fixture *f, const char *type)
{
    for (size_t i = 0; i < f->out.n_events; i++)
        if (str_eq(f->out.events[i].type, str_of(type)))
            return &f->out.events[i];
    return NULL;
}

/* The same where the test cannot go on without it. */
static const struct desk_event *must_find(struct fixture *f, const char *type)
{
    const struct desk_event *e = find_type(f, type);

    if (!e) {
        fail_msg("no %s", type);
        abort(); /* fail_msg does not come back, which the compiler cannot know */
    }
    return e;
}

/* All that is due; the event of `type` among it, or NULL. */
static const struct desk_event *tick(struct fixture *f, int at_s, const char *type)
{
    const struct desk_event *found = NULL;

    do {
        assert_int_equal(
            desk_tick(f->desk, f->set, (int64_t)(T0_S + at_s) * 1000, f->recall, f->arena, &f->out),
            0);
        dump(f);
        found = found ? found : find_type(f, type);
    } while (f->out.more);
    return found;
}

static void a_storm_is_one_incident_and_few_events(void **state)
{
    struct fixture *f = *state;
    unsigned opened = 0, growing = 0, alerts = 0;
    char author[16], text[64];

    for (int i = 0; i < 10000; i++) {
        snprintf(author, sizeof(author), "a%d", i);
        snprintf(text, sizeof(text), "colis depuis %d jours", 3 + i % 20);
        (void)hear(f, post(f, arena_printf(f->arena, "%s", author).p,
                           arena_printf(f->arena, "%s", text).p, i / 20));
        opened += find_type(f, "couac.incident.opened.v1") != NULL;
        growing += find_type(f, "couac.incident.growing.v1") != NULL;
        alerts += find_type(f, "couac.alert.v1") != NULL;
    }
    assert_int_equal(alerts, 10000);
    assert_int_equal(opened, 1);
    assert_in_range(growing, 10, 12);
    assert_null(tick(f, 3600, "couac.incident.quiet.v1"));
    assert_non_null(tick(f, 7 * 3600, "couac.incident.quiet.v1"));
    const struct desk_event *closed = tick(f, 32 * 3600, "couac.incident.closed.v1");

    assert_non_null(closed);
    struct str id = closed->id;

    (void)hear(f, post(f, "late", "colis depuis 9 jours", 40 * 3600));
    const struct desk_event *again = must_find(f, "couac.incident.opened.v1");

    assert_str_equal(again->id, id);
    assert_str_equal(
        json_get_str(json_get(data_of(f, must_find(f, "couac.alert.v1")), STR("alert")),
                     STR("incident")),
        id);
}

static struct mention reply(struct fixture *f, const char *author, const char *text,
                            const struct mention *to, int at_s)
{
    struct mention m = post(f, author, text, at_s);

    m.reply_to = to->id;
    return m;
}

static struct str status_of(const struct desk_event *e)
{
    return e ? e->status : STR("(no event)");
}

static void an_empty_formula_is_no_answer_and_silence_goes_to_the_backup(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);

    (void)hear(f, m);
    (void)hear(f, reply(f, "acme", "Desole, envoyez nous un message prive", &m, 600));
    assert_str_equal(status_of(find_type(f, "couac.alert.v1")), STR("acknowledged"));
    assert_null(tick(f, 3 * 3600, "couac.unanswered.v1"));
    const struct desk_event *e = tick(f, 5 * 3600, "couac.unanswered.v1");

    assert_non_null(e);
    assert_str_equal(e->owner, STR("boss"));
    assert_str_equal(e->status, STR("acknowledged"));
    assert_null(tick(f, 9 * 3600, "couac.unanswered.v1"));
}

static void an_answer_stops_the_clock(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);

    (void)hear(f, m);
    (void)hear(f, reply(f, "acme", "Il a ete remis au transporteur ce matin", &m, 600));
    assert_str_equal(status_of(find_type(f, "couac.alert.v1")), STR("answered"));
    assert_null(tick(f, 9 * 3600, "couac.unanswered.v1"));
}

static void a_formula_around_an_answer_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);

    (void)hear(f, m);
    (void)hear(f, reply(f, "acme", "Il arrivera demain. Sinon envoyez nous un message", &m, 600));
    assert_str_equal(status_of(find_type(f, "couac.alert.v1")), STR("answered"));
}

static void the_author_closes_and_reopens_his_own_alert(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);
    struct mention first = reply(f, "a", "enfin arrive, merci", &m, 600);

    (void)hear(f, m);
    (void)hear(f, reply(f, "stranger", "enfin arrive chez moi aussi", &m, 300));
    assert_int_equal(f->out.n_events, 0);
    (void)hear(f, first);
    assert_str_equal(status_of(find_type(f, "couac.alert.v1")), STR("resolved"));
    (void)hear(f, reply(f, "a", "erreur, toujours pas de colis", &first, 900));
    const struct desk_event *e = find_type(f, "couac.alert.v1");

    assert_str_equal(status_of(e), STR("open"));
    assert_str_equal(e->severity, STR("high"));
}

static void a_reopened_alert_waits_for_an_answer_again(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);

    (void)hear(f, m);
    (void)hear(f, reply(f, "acme", "Il a ete remis au transporteur ce matin", &m, 600));
    (void)hear(f, reply(f, "a", "toujours pas de colis", &m, 6 * 3600));
    assert_str_equal(status_of(find_type(f, "couac.alert.v1")), STR("open"));
    (void)hear(f, reply(f, "a", "toujours pas de colis !", &m, 8 * 3600)); /* no new clock */
    assert_null(tick(f, 9 * 3600, "couac.unanswered.v1"));
    assert_non_null(tick(f, 11 * 3600, "couac.unanswered.v1"));
    assert_null(tick(f, 20 * 3600, "couac.unanswered.v1"));
}

static struct str why_of(struct fixture *f, const struct desk_event *e)
{
    struct json *tree;
    struct json_error error;

    assert_int_equal(json_parse(e->json, f->arena, &tree, &error), JSON_OK);
    const struct json *c = json_get(json_get(tree, STR("data")), STR("contradiction"));

    assert_str_equal(json_get_str(json_get(c, STR("other")), STR("said")),
                     STR("Retours gratuits sous 30 jours"));
    return json_get_str(c, STR("why"));
}

/* What the second voice says after the first, `later_s` later; NULL: no dissonance. */
static const struct desk_event *two_voices(struct fixture *f, const char *first, const char *second,
                                           int64_t later_s)
{
    (void)hear(f, post(f, "acme", first, 0));
    assert_null(find_type(f, "couac.dissonance.v1"));
    (void)hear(f, post(f, "acme_help", second, later_s));
    return find_type(f, "couac.dissonance.v1");
}

static void two_of_our_voices_that_promise_different_quantities_are_dissonant(void **state)
{
    struct fixture *f = *state;
    const struct desk_event *e =
        two_voices(f, "Retours gratuits sous 30 jours", "Pour un retour vous avez 14 jours.", 3600);

    assert_non_null(e);
    assert_int_equal(e->stream, EVENT_INCIDENTS);
    assert_str_equal(e->promise, STR("returns"));
    assert_str_equal(why_of(f, e), STR("Un de nos comptes parle de « retour vous avez 14 jours » ;"
                                       " un autre dit : « Retours gratuits sous 30 jours »."));
}

static void the_same_quantity_in_other_words_is_no_dissonance(void **state)
{
    static const char *const pairs[][2] = {
        {"Retours sous 2 semaines", "Retours possibles pendant 14 jours"},
        {"Retours sous 1 an", "Retours possibles pendant 12 mois"},
        {"Retours sous 48 h", "Retours en moins de 2 jours"},
        {"Retours sous 48 h", "Retours a 5 euros"}, /* nothing to compare */
        {"Retours sous 48 h", "Retours simples et rapides"},
    };

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct fixture *f = *state;

        recall_memory_free(f->recall);
        f->recall = recall_memory_new();
        if (two_voices(f, pairs[i][0], pairs[i][1], 3600))
            fail_msg("%s / %s", pairs[i][0], pairs[i][1]);
    }
}

static void a_campaign_that_ended_binds_nobody(void **state)
{
    struct fixture *f = *state; /* the clock begins on 2025-03-07 */

    (void)hear(f, post(f, "acme", "Retours sous 60 jours, jusqu'au 15 mars 2025", 0));
    (void)hear(f, post(f, "acme_help", "Retours sous 30 jours", 86400));
    assert_non_null(find_type(f, "couac.dissonance.v1"));
    (void)hear(f, post(f, "acme", "Retours sous 60 jours, jusqu'au 15 mars 2025 !", 2 * 86400));
    assert_non_null(find_type(f, "couac.dissonance.v1"));
    (void)hear(f, post(f, "acme_help", "Les retours, c'est 30 jours", 20 * 86400));
    assert_null(find_type(f, "couac.dissonance.v1"));
}

static void dates_and_scopes_differ_as_well(void **state)
{
    struct fixture *f = *state;

    assert_non_null(two_voices(f, "Profitez-en jusqu'au 20 mars 2025",
                               "Profitez-en jusqu'au 31 mars 2025", 60));
    assert_non_null(two_voices(f, "C'est partout en France", "C'est partout en Europe", 120));
    (void)hear(f, post(f, "acme_help", "Dans toute la France", 180)); /* corrects itself */
    assert_null(find_type(f, "couac.dissonance.v1"));
}

static void a_voice_that_corrects_itself_is_no_second_voice(void **state)
{
    struct fixture *f = *state;

    (void)hear(f, post(f, "acme", "Retours sous 14 jours", 0));
    (void)hear(f, post(f, "acme", "Erratum : retours sous 30 jours", 60));
    assert_null(find_type(f, "couac.dissonance.v1"));
    (void)hear(f, post(f, "acme_help", "Retours sous 30 jours", 120));
    assert_null(find_type(f, "couac.dissonance.v1"));
    (void)hear(f, post(f, "customer", "Retours sous 3 jours, vraiment ?", 180));
    assert_null(find_type(f, "couac.dissonance.v1"));
}

static void what_was_deleted_or_reworded_is_held_against_nobody(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "acme", "Retours sous 30 jours", 0);
    struct desk_source source = {STR("feed"), DESK_ABOUT_ANYONE};
    struct str json;

    (void)hear(f, m);
    m.text = STR("Retours simples et rapides");
    (void)hear(f, m);
    (void)hear(f, post(f, "acme_help", "Retours sous 14 jours", 60));
    assert_null(find_type(f, "couac.dissonance.v1"));
    m = post(f, "acme", "Retours sous 20 jours", 120);
    (void)hear(f, m);
    assert_non_null(find_type(f, "couac.dissonance.v1"));
    assert_int_equal(desk_gone(f->desk, f->set, &source, m.id, m.published_ms, f->recall, f->arena),
                     0);
    assert_int_equal(f->recall->state_get(f->recall, STR("voice"), STR("returns"), &json), 0);
    assert_true(str_find(json, STR("14 jours"), 0) != SIZE_MAX);
    assert_true(str_find(json, STR("20 jours"), 0) == SIZE_MAX);
}

static void claims_are_few_whoever_speaks(void **state)
{
    struct fixture *f = *state;
    struct str json;

    for (int i = 0; i < 300; i++) {
        char text[100];

        (void)snprintf(text, sizeof(text), "Retours sous %d jours", 3 + i);
        (void)hear(f, post(f, i % 2 ? "acme" : "acme_help", text, i));
    }
    assert_int_equal(f->recall->state_get(f->recall, STR("voice"), STR("returns"), &json), 0);
    assert_in_range(json.n, 1, 1000); /* two accounts, one claim each */
}

static void complaints_that_no_promise_covers_are_told_by_their_words(void **state)
{
    struct fixture *f = *state;
    const struct desk_event *e = NULL;

    for (int i = 0; i < 5; i++) {
        assert_null(e);
        (void)hear(f, post(f, arena_printf(f->arena, "a%d", i).p,
                           "Parking vraiment honteux devant le magasin", i));
        e = find_type(f, "couac.gap.v1");
    }
    assert_non_null(e);
    assert_int_equal(e->stream, EVENT_INCIDENTS);
    assert_int_equal(f->out.n_events, 3); /* parking, devant, magasin */
    (void)hear(f, post(f, "a0", "Parking toujours honteux", 10));
    assert_int_equal(f->out.n_events, 0); /* the same voice again */
    (void)hear(f, post(f, "z", "Parking parfait", 10));
    assert_int_equal(f->out.n_events, 0); /* no complaint */
}

static void denials_wait_for_others_and_are_released_together(void **state)
{
    struct fixture *f = *state;

    (void)hear(f, post(f, "a", "colis : toujours rien", 0));
    assert_int_equal(f->out.n_held, 1);
    (void)hear(f, post(f, "a", "colis ? toujours rien de rien", 60));
    assert_int_equal(f->out.n_held, 1);
    const struct desk_event *e = hear(f, post(f, "b", "toujours rien pour mon colis", 120));

    assert_int_equal(f->out.n_held, 0);
    assert_int_equal(f->out.n_events, 4); /* three alerts make an incident, told before the third */
    for (size_t i = 1; i < f->out.n_events; i++)
        assert_true(e[i - 1].seq + 1 == e[i].seq);
    assert_str_equal(e[2].type, STR("couac.incident.opened.v1"));
    assert_str_equal(e[3].severity, STR("medium"));
}

static void denials_too_far_apart_do_not_count_together(void **state)
{
    struct fixture *f = *state;

    (void)hear(f, post(f, "a", "colis : toujours rien", 0));
    (void)hear(f, post(f, "b", "toujours rien pour mon colis", 7 * 3600));
    assert_int_equal(f->out.n_held, 1);
    assert_int_equal(f->out.n_events, 0);
}

static void many_authors_raise_the_severity(void **state)
{
    struct fixture *f = *state;

    (void)hear(f, post(f, "a", "colis depuis 4 jours", 0));
    (void)hear(f, post(f, "b", "colis depuis 5 jours", 60));
    assert_str_equal(f->out.events[0].severity, STR("medium"));
    (void)hear(f, post(f, "c", "colis depuis 6 jours", 120));
    assert_str_equal(f->out.events[f->out.n_events - 1].severity, STR("critical"));
}

static void praise_drafts_and_our_own_voice_do_not_reach_the_queue(void **state)
{
    struct fixture *f = *state;

    (void)hear(f, post(f, "a", "colis recu en 24 h", 0));
    assert_int_equal(f->out.n_events, 0);
    assert_int_equal(f->out.n_kept, 1);
    (void)hear(f, post(f, "@Acme", "colis depuis 6 jours", 0));
    assert_true(f->out.own_voice);
    assert_int_equal(f->out.n_events, 0);
    (void)hear(f, post(f, "a", "colis casse", 0));
    assert_int_equal(f->out.events[0].stream, EVENT_SHADOW);
    assert_int_equal(f->out.events[0].owner_queue.n, 0);
}

static void one_of_our_voices_that_promises_otherwise_is_told(void **state)
{
    struct fixture *f = *state;

    (void)hear(f, post(f, "@acme", "Nous livrons en 48 h", 0));
    assert_int_equal(f->out.n_events, 0);
    (void)hear(f, post(f, "@acme", "Nous livrons en 72 h", 0));
    assert_int_equal(f->out.n_events, 1);
    assert_str_equal(f->out.events[0].type, STR("couac.dissonance.v1"));
    assert_int_equal(f->out.events[0].stream, EVENT_INCIDENTS);
    assert_int_equal(f->out.n_broken, 0);
}

static void the_same_post_gets_the_same_ids_from_another_producer(void **state)
{
    struct fixture *f = *state;
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);
    struct str id = hear(f, m)->id;
    struct recall *other = recall_memory_new();
    struct desk_settings settings = {
        .instance = STR("x"), .producer = STR("y"), .privacy = PRIVACY_NONE};
    struct desk *desk = desk_new(&settings);
    struct desk_source source = {.id = STR("another")};

    assert_int_equal(desk_hear(desk, f->set, &source, &m, 0, other, f->arena, &f->out), 0);
    assert_str_equal(f->out.events[0].id, id);
    desk_free(desk);
    recall_memory_free(other);
}

static void what_is_withdrawn_names_the_alert_and_nothing_of_the_post(void **state)
{
    struct fixture *f = *state;
    const struct desk_event *e = hear(f, post(f, "bob", "mon colis, depuis 6 jours", 0));
    struct str id = arena_str(f->arena, e->id);
    const struct json *data = data_of(f, e);
    struct str print = json_get_str(json_get(data, STR("alert")), STR("fingerprint"));
    struct recall_alert kept;

    assert_int_equal(f->recall->alert_by_fingerprint(f->recall, print, &kept), 0);
    assert_int_equal(desk_withdraw(f->desk, f->set, &kept, STR("forget-author"), e->seq + 500000,
                                   f->recall, f->arena, &f->out),
                     0);
    dump(f);
    assert_int_equal(f->out.n_events, 1);
    e = f->out.events;
    assert_str_equal(e->id, id);
    assert_str_equal(e->type, STR("couac.withdrawn.v1"));
    assert_str_equal(e->status, STR("withdrawn"));
    assert_int_equal(e->stream, EVENT_ALERTS);
    assert_str_equal(e->owner_queue, STR("care-list"));
    assert_int_equal(number(json_get(data_of(f, e), STR("alert")), STR("revision")), 2);
    assert_int_equal(e->url.n + e->title.n, 0);
    assert_true(str_find(e->json, STR("k1:"), 0) == SIZE_MAX);
    assert_true(str_find(e->json, STR("colis"), 0) == SIZE_MAX);
}

static void a_person_is_known_by_the_same_hash_however_written(void **state)
{
    struct fixture *f = *state;
    struct str hash = desk_author(f->desk, STR("@Bob"), f->arena);

    assert_true(str_starts(hash, STR("k1:")) && hash.n == 19);
    assert_str_equal(desk_author(f->desk, STR("bob"), f->arena), hash);
    const struct json *data = data_of(f, hear(f, post(f, "BOB", "colis depuis 6 jours", 0)));
    const struct json *author = json_get(json_get(data, STR("mention")), STR("author"));

    assert_str_equal(json_get_str(author, STR("hash")), hash);
}

static void a_small_arena_is_an_error_and_no_crash(void **state)
{
    struct fixture *f = *state;
    struct desk_source source = {.id = STR("feed")};
    struct mention m = post(f, "a", "colis depuis 4 jours", 0);

    for (size_t limit = 1; limit < 40000; limit += 97) {
        struct arena *small = arena_new(limit);
        struct recall *recall = recall_memory_new();
        int rc = desk_hear(f->desk, f->set, &source, &m, 0, recall, small, &f->out);

        assert_true(rc == 0 || rc == -ENOMEM);
        recall_memory_free(recall);
        arena_free(small);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_measured_breach_alerts_at_once_with_all_that_is_needed),
        TEST(heard_again_it_is_silent),
        TEST(a_new_id_for_the_same_post_is_no_new_post),
        TEST(an_edit_is_the_next_revision_of_the_same_alert),
        TEST(a_repost_raises_the_reach_of_the_first),
        TEST(short_words_of_two_people_are_two_alerts),
        TEST(nearly_the_same_words_are_a_repost_other_words_are_not),
        TEST(what_is_withdrawn_names_the_alert_and_nothing_of_the_post),
        TEST(a_person_is_known_by_the_same_hash_however_written),
        TEST(a_storm_is_one_incident_and_few_events),
        TEST(an_empty_formula_is_no_answer_and_silence_goes_to_the_backup),
        TEST(an_answer_stops_the_clock),
        TEST(two_of_our_voices_that_promise_different_quantities_are_dissonant),
        TEST(the_same_quantity_in_other_words_is_no_dissonance),
        TEST(a_campaign_that_ended_binds_nobody),
        TEST(dates_and_scopes_differ_as_well),
        TEST(a_voice_that_corrects_itself_is_no_second_voice),
        TEST(what_was_deleted_or_reworded_is_held_against_nobody),
        TEST(claims_are_few_whoever_speaks),
        TEST(a_formula_around_an_answer_is_an_answer),
        TEST(the_author_closes_and_reopens_his_own_alert),
        TEST(a_reopened_alert_waits_for_an_answer_again),
        TEST(complaints_that_no_promise_covers_are_told_by_their_words),
        TEST(denials_wait_for_others_and_are_released_together),
        TEST(denials_too_far_apart_do_not_count_together),
        TEST(many_authors_raise_the_severity),
        TEST(praise_drafts_and_our_own_voice_do_not_reach_the_queue),
        TEST(one_of_our_voices_that_promises_otherwise_is_told),
        TEST(the_same_post_gets_the_same_ids_from_another_producer),
        TEST(a_small_arena_is_an_error_and_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
