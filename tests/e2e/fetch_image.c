/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_image REF [DIR]: prints the digest and configuration of an image, and unpacks it into a
 * directory. The fetchers without an executor around them, for scripts. */
#include <config.h>

#include "backends/backends.h"

#include <fcntl.h>
#include <stdio.h>

const struct fetch_ops *const kit_fetchers[] = {
    &fetch_oci_layout_ops, &fetch_oci_archive_ops, &fetch_docker_archive_ops,
    &fetch_tar_ops,        &fetch_dir_ops,         NULL,
};

static void print_list(const char *name, const struct str_vec *list)
{
    vec_for (const struct str, s, list)
        printf("%s " STR_FMT "\n", name, STR_ARG(*s));
}

static void print_info(const struct image_info *info)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&info->digest, hex);
    printf("digest %s\nuser " STR_FMT "\nworkdir " STR_FMT "\n", hex, STR_ARG(info->user),
           STR_ARG(info->workdir));
    print_list("env", &info->env);
    print_list("entrypoint", &info->entrypoint);
    print_list("cmd", &info->cmd);
    print_list("shell", &info->shell);
}

static int run(const char *ref, const char *dir, struct arena *a, struct ob_err *err)
{
    struct fetch_ref r;
    struct image_info info;
    if (fetch_parse(str_from(ref), &r, err) < 0 || fetch_resolve(&r, a, STR(""), &info, err) < 0)
        return -1;
    print_info(&info);
    if (!dir)
        return 0;
    struct rootfs root = {
        .kind = ROOTFS_DIR, .plain = -1, .fd = open(dir, O_DIRECTORY | O_CLOEXEC)};
    if (root.fd < 0)
        return ob_err_set(err, 0, "can't open \"%s\"", dir);
    return fetch_into(&r, STR(""), &info.digest, &root, err);
}

int main(int argc, char **argv)
{
    struct arena a = ARENA_INIT;
    struct ob_err err = OB_ERR_INIT;
    if (argc < 2 || argc > 3)
        return OB_EXIT_USAGE;
    int rc = run(argv[1], argc == 3 ? argv[2] : NULL, &a, &err);
    if (rc < 0)
        fprintf(stderr, "fetch_image: %s\n", err.text);
    arena_free(&a);
    return rc < 0 ? OB_EXIT_FAILED : OB_EXIT_OK;
}
