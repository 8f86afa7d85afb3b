#pragma once

/* items - `couac items [--url BASE] [--feed] [--batch] [FILE]`.
 *
 * Prints the mentions that a feed document yields, one JSON object a line; with
 * --feed the feed itself comes first. --batch reads "path TAB content-type TAB
 * base-url" lines on stdin and ends each document with {"end":path,"error":...}.
 * FILE "-" or none is stdin. Exits 0, 1 when a document is no feed, 2 on usage
 * or I/O. */

int verb_items(int argc, char **argv);
