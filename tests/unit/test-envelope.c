#include "lib/desk/envelope.h"

#include "lib/base/arena.h"
#include "lib/data/json.h"
#include "tests/unit/unit.h"

static struct desk_event alert(void)
{
    return (struct desk_event){.json =
                                   STR("{\"id\":\"1\",\"data\":{\"title\":\"\\u00ab x \\\" »\"}}"),
                               .owner_queue = STR("care")};
}

static const struct json *parsed(struct str text, struct arena *arena)
{
    struct json *tree;
    struct json_error error;

    assert_int_equal(json_parse(text, arena, &tree, &error), JSON_OK);
    return tree;
}

static void an_owner_without_envelope_gets_the_event_as_it_is(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct owner owner = {.queue = STR("care")};
    struct desk_event e = alert();

    (void)state;
    assert_true(envelope_apply(&owner, 0, arena, &e));
    assert_str_equal(e.owner_queue, STR("care"));
    assert_int_equal(e.owner_body.n, 0);
}

static void a_task_of_celery_carries_the_event_as_its_argument(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct owner owner = {.queue = STR("care"), .envelope = OWNER_CELERY};
    struct desk_event e = alert(), again = alert();

    (void)state;
    assert_true(envelope_apply(&owner, 1000, arena, &e));
    assert_str_equal(e.owner_queue, STR("=care"));
    const struct json *task = parsed(e.owner_body, arena);
    const struct json *body = parsed(json_get_str(task, STR("body")), arena);

    assert_str_equal(json_get_str(body->first->first, STR("id")), STR("1"));
    assert_str_equal(json_get_str(json_get(task, STR("headers")), STR("task")), STR("couac.alert"));
    assert_true(envelope_apply(&owner, 2000, arena, &again));
    assert_str_equal(again.owner_body, e.owner_body); /* sent twice it is the same task */
}

static void a_job_of_sidekiq_carries_the_event_as_its_argument(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    struct owner owner = {.queue = STR("care"), .envelope = OWNER_SIDEKIQ};
    struct desk_event e = alert();

    (void)state;
    assert_true(envelope_apply(&owner, 1500, arena, &e));
    assert_str_equal(e.owner_queue, STR("=queue:care"));
    const struct json *job = parsed(e.owner_body, arena);

    assert_str_equal(json_get_str(job, STR("class")), STR("CouacAlert"));
    assert_str_equal(json_get_str(json_get(job, STR("args"))->first, STR("id")), STR("1"));
    assert_int_equal(json_get_str(job, STR("jid")).n, 24);
}

static void an_envelope_that_does_not_fit_is_said(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(64);
    struct owner owner = {.queue = STR("care"), .envelope = OWNER_SIDEKIQ};
    struct desk_event e = alert();

    (void)state;
    assert_false(envelope_apply(&owner, 0, arena, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_without_envelope_gets_the_event_as_it_is),
        cmocka_unit_test(a_task_of_celery_carries_the_event_as_its_argument),
        cmocka_unit_test(a_job_of_sidekiq_carries_the_event_as_its_argument),
        cmocka_unit_test(an_envelope_that_does_not_fit_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
