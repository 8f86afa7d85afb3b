#!/usr/bin/env python3
"""Each shipped connector against a body of the documented shape, written by us.

    connectors.py COUAC CONNECTORS BODIES WANT [--write]

Compares what `couac connector try` prints, cursor included, with WANT/NAME.want. A body
NAME@TYPE is the data of a stream's event, NAME~WORD another body of the network. With
the sample bodies of others beside the source (../shared/apis/fixtures), each of them
must yield mentions too, but for those that hold no text.
"""

import pathlib
import subprocess
import sys

# whose bodies: connector -> names of the samples
SAMPLES = {
    "activitypub": ["activitypub_inbox_create"],
    "appstore-connect": ["appstoreconnect_customerReviews"],
    "appstore-rss": ["appstore_rss"],
    "bluesky-jetstream": ["jetstream_commit"],
    "bluesky-notifications": ["bluesky_listNotifications"],
    "bluesky-search": ["bluesky_searchPosts"],
    "discourse": ["discourse_latest", "discourse_posts_latest"],
    "discourse-search": ["discourse_search", "discourse_search_v2"],
    "facebook-comments": ["facebook_comments"],
    "facebook-conversations": ["facebook_conversations"],
    "facebook-tagged": ["facebook_feed"],
    "facebook-webhook": ["meta_webhook_page_feed"],
    "freshdesk": ["freshdesk_tickets"],
    "github-issues": ["github_search_issues"],
    "google-business": ["google_business_reviews"],
    "googleplay": ["googleplay_reviews"],
    "hackernews": ["hn_search_by_date"],
    "instagram-comments": ["instagram_comments"],
    "instagram-mentions": ["instagram_mentioned_comment", "instagram_mentioned_media",
                           "instagram_tagged"],
    "instagram-webhook": ["meta_webhook_instagram"],
    "lemmy": ["lemmy_search_v3"],
    "linkedin": ["linkedin_notifications"],
    "mastodon-mentions": ["mastodon_notifications_mentions"],
    "mastodon-search": ["mastodon_search_statuses"],
    "mastodon-tag": ["mastodon_timeline"],
    "reddit-comments": ["reddit_comments_listing"],
    "reddit-mentions": ["reddit_inbox_mentions"],
    "reddit-search": ["reddit_search"],
    "stackexchange": ["stackexchange_search"],
    "trustpilot": ["trustpilot_reviews"],
    "x-mentions": ["x_mentions"],
    "x-search": ["x_search_recent", "x_tweet_full"],
    "youtube-comments": ["youtube_comment_threads"],
    "youtube-search": ["youtube_search"],
    "zendesk": ["zendesk_incremental_cursor"],
}
# a picture without caption, a sticker, a search that found accounts: nothing to read
WITHOUT_TEXT = {"instagram-mentions": ["instagram_hashtag_recent"],
                "facebook-conversations": ["facebook_messages"], "mastodon-search": ["mastodon_search"]}


def tried(couac, connector, body):
    how = ["--event=" + body.stem.partition("@")[2]] if "@" in body.stem else ["--cursor"]
    run = subprocess.run([couac, "connector", "try", *how, "--mark=1", "--url=https://net.example/list",
                          connector, body], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout if run.returncode in (0, 1) else run.stderr


def check_golden(couac, connector, body, want, write):
    code, got = tried(couac, connector, body)
    file = want / (body.stem + ".want")
    if write:
        file.write_text(got, encoding="utf-8")
    wanted = file.read_text(encoding="utf-8") if file.exists() else "(no such file)"
    return code == 0 and got == wanted, f"got:\n{got}wanted:\n{wanted}"


def check_sample(couac, connector, sample, status):
    code, got = tried(couac, connector, sample)
    return code == status and '"cursor"' in got, f"{code}\n{got}"


def main():
    couac, *folders = [a for a in sys.argv[1:] if a != "--write"]
    connectors, bodies, want = (pathlib.Path(f).resolve() for f in folders)
    samples = connectors.parents[2] / "shared/apis/fixtures"
    results = []
    for connector in sorted(connectors.glob("*.yaml")):
        others = [b for sign in "@~" for b in sorted(bodies.glob(f"{connector.stem}{sign}*.json"))]
        for body in [bodies / (connector.stem + ".json"), *others]:
            results.append((body.stem, *check_golden(couac, connector, body, want, "--write" in sys.argv)))
        for status, table in ((0, SAMPLES), (1, WITHOUT_TEXT)):
            for name in table.get(connector.stem, []) if samples.is_dir() else []:
                path = samples / (name + ".json")
                results.append((f"{connector.stem} reads {name}", *check_sample(couac, connector, path, status)))
    print(f"1..{len(results) + 1}")
    for i, (name, good, why) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {i} - {name}")
        if not good:
            print("".join(f"# {line}\n" for line in why.splitlines()), end="")
    word = "" if samples.is_dir() else " # SKIP they are not beside the source"
    print(f"ok {len(results) + 1} - the sample bodies of others{word}")
    return 0 if all(good for _, good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
