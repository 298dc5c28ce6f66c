// Written by `npm run generate` from shared/http/openapi.json. Do not edit.

export interface paths {
    "/analyze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Match 1 to 5 photos against the library.
         * @description Send the photos as files, or name the keys of their uploads. What is wrong with a photo is the `error` of its own row,
         *     and the status is 200, also if it is the only photo. The call fails only if the request itself is wrong.
         */
        post: operations["analyze"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/analyze-legacy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Match one photo against the built-in palette of industry shades.
         * @description Send the photo as a file, or name the key of its upload.
         */
        post: operations["analyze_legacy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the statistics of the cache of measured photos. */
        get: operations["read_cache_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/clear-cache": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Clear the cache of measured photos. */
        post: operations["clear_cache"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/colors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the colors, newest first. */
        get: operations["list_colors"];
        put?: never;
        /** Create a color. */
        post: operations["create_color"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/colors/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a color. */
        get: operations["read_color"];
        put?: never;
        post?: never;
        /** Delete a color with its images, features, and model. */
        delete: operations["delete_color"];
        options?: never;
        head?: never;
        /** Change a color. */
        patch: operations["update_color"];
        trace?: never;
    };
    "/colors/{id}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the images of a color, newest first. */
        get: operations["list_images"];
        put?: never;
        /**
         * Add an image to a color.
         * @description Send the image as a file, or name the key of its upload. Kept are its pixels as they were coded, its orientation, and its
         *     color profile; places, serial numbers, names, thumbnails, and comments are not.
         */
        post: operations["add_image"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/colors/{id}/images/{image_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete an image. A trained color becomes stale. */
        delete: operations["delete_image"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/confusions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which colors are mistaken for each other, and what would help.
         * @description Each image is left out in turn, and all the others name its color. Colors that wait for training are left out.
         */
        get: operations["list_confusions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the library as one file: colors, images, features, and models, as a tar archive.
         * @description Import the file with `POST /import` or `strand-server import`, on this or another deployment. If the connection
         *     breaks, the file is incomplete and every import rejects it. If an API key is set and the client cannot send headers,
         *     as with a download link, ask `POST /tickets` for a ticket and send it in the query as `ticket`.
         */
        get: operations["export_library"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check whether the service is up. This never loads a model. */
        get: operations["read_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import a library file.
         * @description Send the file itself as the body. It is checked completely before anything is imported. A color is merged into an
         *     existing one of the same name, and images that it already has are not added again. To continue an interrupted
         *     import, send the same file again.
         */
        post: operations["import_library"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the jobs, newest first.
         * @description A job is kept for 30 days after its end.
         */
        get: operations["list_jobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the state of a job. */
        get: operations["read_job"];
        put?: never;
        post?: never;
        /**
         * Cancel a job.
         * @description It ends before its next color. The color that is in training is completed. Colors that were trained stay trained.
         */
        delete: operations["cancel_job"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read counters and latencies in the Prometheus text format. */
        get: operations["read_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/palette": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the shades of the built-in palette.
         * @description `/analyze-legacy` matches against them. You can also start your own library with their names and swatches.
         */
        get: operations["list_palette"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check whether the model is installed and the store takes changes, as of the last 30 seconds. */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a ticket that opens one path once.
         * @description It stands in the query in place of the key, which belongs in no URL. It expires after a minute.
         */
        post: operations["create_ticket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/train": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Train every color that is untrained or stale.
         * @description If a job that is queued or running trains these colors already, that job is the answer. If there is nothing to train,
         *     the answer is the last job, provided that it trained everything, or one with nothing to do.
         */
        post: operations["train_all"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/train/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Train a color.
         * @description Waits for the result. With `Prefer: respond-async` it returns a job immediately. A color has at most one training at
         *     a time: a second call joins the first.
         */
        post: operations["train_color"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/train/{id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Train a color and follow the progress.
         * @description Opening the stream joins the training that is running. Otherwise it starts one if the color is `untrained`, `stale`,
         *     or `failed`; of a color that is `ready`, it gives the last state, unless `again` is `true`. Each event is a state; the
         *     last one is `complete` or `error`. A client that connects again after the end, with `Last-Event-ID` as an `EventSource`
         *     does, gets 204 and stops. If an API key is set and the client cannot send headers, ask `POST /tickets` for a
         *     ticket and send it in the query as `ticket`. The key itself in the query as `api_key` is accepted, too.
         *
         *     Clients that do not read event streams use `POST /train/{id}`, which waits for the result, or with
         *     `Prefer: respond-async` and `POST /train` follow the job at `GET /jobs/{id}`.
         */
        get: operations["follow_training"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/training_data/{id}/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download an image.
         * @description A HEIC, AVIF, JPEG XL, or TIFF is given as a JPEG in sRGB, with at most 2048 pixels on the long side. Any other
         *     image is given as it is kept. Where photos need a key, `image_url` opens one without it.
         */
        get: operations["download_image"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create an upload for one photo.
         * @description For photos that are too large for one request. Send the bytes to the URL with the method and headers in the
         *     response. Then name the key in `/analyze` or `/colors/{id}/images` within 15 minutes.
         */
        post: operations["create_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/uploads/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Send a photo to its upload.
         * @description Use this only if `POST /uploads` returned this URL. The key in the path authorizes the request; no API key is
         *     needed.
         */
        put: operations["send_upload"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description The kind of advice.
         * @enum {string}
         */
        AdviceKindView: "looks_like" | "same_photo" | "different_light" | "no_hair" | "only_photo";
        /** @description What would help a color. */
        AdviceView: {
            /** @description One sentence for people. Images are numbered from the oldest, from 1. */
            detail: string;
            /**
             * Format: int64
             * @description The image that it is about; null if it is about the color.
             */
            image_id?: number | null;
            kind: components["schemas"]["AdviceKindView"];
            /**
             * Format: int64
             * @description The other color that it is about, or null.
             */
            other_color_id?: number | null;
        };
        /**
         * @description The results for all photos.
         * @example {
         *       "library_version": "d4ad6fc7-14",
         *       "num_images": 2,
         *       "results": [
         *         {
         *           "analysis_summary": {
         *             "estimated_level": "Light",
         *             "estimated_style": "Blonde",
         *             "estimated_tone": "Golden/Yellow",
         *             "family": "blonde",
         *             "gray_percentage": 2.1,
         *             "natural_level": 6,
         *             "professional_level": 8,
         *             "technique": "rooted",
         *             "undertone": "warm",
         *             "zones": [
         *               {
         *                 "estimated_tone": "Neutral",
         *                 "hex": "#8a6a4c",
         *                 "percentage": 30.2,
         *                 "professional_level": 6,
         *                 "zone": "roots"
         *               },
         *               {
         *                 "estimated_tone": "Golden/Yellow",
         *                 "hex": "#c49a6b",
         *                 "percentage": 41.7,
         *                 "professional_level": 8,
         *                 "zone": "lengths"
         *               },
         *               {
         *                 "estimated_tone": "Golden/Yellow",
         *                 "hex": "#cba274",
         *                 "percentage": 28.1,
         *                 "professional_level": 8,
         *                 "zone": "ends"
         *               }
         *             ]
         *           },
         *           "best_matches": [
         *             {
         *               "basis": "model",
         *               "color_differences": [
         *                 2.1,
         *                 4.8
         *               ],
         *               "color_id": 7,
         *               "combined_score": 0.88,
         *               "lab_difference_score": 3.2,
         *               "name": "#6/27 Brown / Strawberry Blonde",
         *               "nearest_image_id": 12,
         *               "svm_score": 0.91
         *             }
         *           ],
         *           "cached": false,
         *           "dominant_hair_colors": [
         *             {
         *               "hex": "#c69c6d",
         *               "lab": [
         *                 66.8,
         *                 9.7,
         *                 31.2
         *               ],
         *               "lab_daylight": [
         *                 68.1,
         *                 8.9,
         *                 29
         *               ],
         *               "percentage": 61.4,
         *               "rgb": [
         *                 198,
         *                 156,
         *                 109
         *               ]
         *             },
         *             {
         *               "hex": "#a57a4f",
         *               "lab": [
         *                 54.2,
         *                 11.9,
         *                 29.8
         *               ],
         *               "lab_daylight": [
         *                 55.6,
         *                 11.1,
         *                 27.7
         *               ],
         *               "percentage": 38.6,
         *               "rgb": [
         *                 165,
         *                 122,
         *                 79
         *               ]
         *             }
         *           ],
         *           "filename": "a.jpg",
         *           "hair": {
         *             "confidence": 0.97,
         *             "coverage": 0.31,
         *             "covered": 0.01,
         *             "head": 1,
         *             "heads": [
         *               {
         *                 "box": {
         *                   "height": 0.6,
         *                   "width": 0.5,
         *                   "x": 0.25,
         *                   "y": 0.1
         *                 },
         *                 "share": 1
         *               }
         *             ],
         *             "presence": 0.99
         *           },
         *           "image_index": 1,
         *           "no_match_score": 0.02,
         *           "photo": {
         *             "color_space": "srgb",
         *             "daylight_error": 4.1
         *           },
         *           "status": "found",
         *           "warnings": []
         *         },
         *         {
         *           "code": "not_an_image",
         *           "error": "The file is not an image that can be read; send a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or JPEG XL.",
         *           "filename": "b.txt",
         *           "image_index": 2,
         *           "status": "failed"
         *         }
         *       ],
         *       "warnings": []
         *     }
         */
        AnalysisView: {
            /** @description Changes whenever the library changes. */
            library_version: string;
            /**
             * @description Number of photos in the call.
             * @example 2
             */
            num_images: number;
            /** @description One row per photo, in upload order. */
            results: components["schemas"]["Row"][];
            together?: components["schemas"]["Together"] | null;
            /**
             * @description How several photos of the call disagree, one sentence each.
             * @example [
             *       "The photos disagree about the shade; if they show the same head, send them with together=true."
             *     ]
             */
            warnings: string[];
        };
        /**
         * @description What the scores of a match are based on.
         * @enum {string}
         */
        BasisView: "model" | "references" | "swatch";
        /**
         * @description How the parts of a palette shade are distributed.
         * @enum {string}
         */
        BlendView: "solid" | "highlighted" | "rooted";
        /** @description A rectangle, in shares of the upright photo, 0 to 1. */
        Box: {
            /**
             * Format: float
             * @description Height.
             * @example 0.6
             */
            height: number;
            /**
             * Format: float
             * @description Width.
             * @example 0.5
             */
            width: number;
            /**
             * Format: float
             * @description Left edge.
             * @example 0.25
             */
            x: number;
            /**
             * Format: float
             * @description Top edge.
             * @example 0.1
             */
            y: number;
        };
        /**
         * @description Statistics of the cache of measured photos.
         * @example {
         *       "bytes": 5400,
         *       "capacity_bytes": 16777216,
         *       "entries": 3,
         *       "hit_rate": 0.75,
         *       "hits": 9,
         *       "misses": 3
         *     }
         */
        CacheView: {
            /**
             * Format: int64
             * @description Approximate size in bytes.
             */
            bytes: number;
            /**
             * Format: int64
             * @description Maximum size in bytes.
             */
            capacity_bytes: number;
            /**
             * Format: int64
             * @description Number of cached photos.
             */
            entries: number;
            /**
             * Format: float
             * @description hits / (hits + misses); 0 before the first photo.
             */
            hit_rate: number;
            /**
             * Format: int64
             * @description Lookups since startup that found their photo.
             */
            hits: number;
            /**
             * Format: int64
             * @description Lookups since startup that did not.
             */
            misses: number;
        };
        /**
         * @description The result of clearing the cache.
         * @example {
         *       "cleared": 3,
         *       "message": "Cleared 3 cached photos."
         *     }
         */
        Cleared: {
            /**
             * Format: int64
             * @description Number of photos removed.
             */
            cleared: number;
            message: string;
        };
        /** @description How well the images of one color are recognized. */
        ColorRecallView: {
            /** @description What would help; empty where nothing is wrong. */
            advice: components["schemas"]["AdviceView"][];
            /** Format: int64 */
            color_id: number;
            /** @description Number of its images that show hair. */
            images: number;
            name: string;
            /**
             * Format: float
             * @description The share that is recognized, 0 to 1; null if there is only one image, or if it has to be trained again to tell.
             */
            recall?: number | null;
            /** @description How many of them are recognized by all the others. */
            recognized: number;
        };
        /** @description A dominant color of the hair. */
        ColorShare: {
            /** @example #c69c6d */
            hex: string;
            /**
             * @description CIE L*a*b*, D65.
             * @example [
             *       66.8,
             *       9.7,
             *       31.2
             *     ]
             */
            lab: number[];
            /**
             * @description The same in neutral light of usual strength, as judged from the hair, skin and background. With
             *     `white_balance=off`, it is `lab`.
             * @example [
             *       68.1,
             *       8.9,
             *       29
             *     ]
             */
            lab_daylight: number[];
            /**
             * Format: float
             * @description Share of the hair, 0 to 100.
             * @example 61.4
             */
            percentage: number;
            /**
             * @example [
             *       198,
             *       156,
             *       109
             *     ]
             */
            rgb: number[];
        };
        /**
         * @description The color space of a file: `srgb`, also if the file says nothing; `adobe_rgb`, named in EXIF; `icc`, an embedded
         *     profile; `code_points` of ITU-T H.273, such as Display P3, PQ, and HLG; `gamma_and_primaries` of a PNG; `cmyk`, ink
         *     without a profile.
         * @enum {string}
         */
        ColorSpaceView: "srgb" | "adobe_rgb" | "icc" | "code_points" | "gamma_and_primaries" | "cmyk";
        /**
         * @description Which shades are mistaken for each other.
         * @example {
         *       "colors": [
         *         {
         *           "advice": [
         *             {
         *               "detail": "Photo 3 looks like \"#8\"; compare the two, or take it again.",
         *               "image_id": 12,
         *               "kind": "looks_like",
         *               "other_color_id": 9
         *             }
         *           ],
         *           "color_id": 7,
         *           "images": 4,
         *           "name": "#6",
         *           "recall": 0.5,
         *           "recognized": 2
         *         }
         *       ],
         *       "images": 8,
         *       "library_version": "d4ad6fc7-14",
         *       "pairs": [
         *         {
         *           "colors": [
         *             {
         *               "color_id": 7,
         *               "image_id": 12,
         *               "name": "#6"
         *             },
         *             {
         *               "color_id": 9,
         *               "image_id": 31,
         *               "name": "#8"
         *             }
         *           ],
         *           "images": 2
         *         }
         *       ],
         *       "recognized": 6
         *     }
         */
        ConfusionsView: {
            /** @description The trained colors, by id. */
            colors: components["schemas"]["ColorRecallView"][];
            /** @description Number of images of trained colors that show hair. */
            images: number;
            /** @description Changes whenever the library changes. */
            library_version: string;
            /** @description The pairs of colors that are mistaken for each other most often, at most 10, the worst first. */
            pairs: components["schemas"]["PairView"][];
            /** @description How many of them the library recognizes without having them. */
            recognized: number;
        };
        /**
         * @description A color to create.
         * @example {
         *       "description": "Six parts brown, two of strawberry",
         *       "hex": "#a9714b",
         *       "name": "#6/27 Brown / Strawberry Blonde"
         *     }
         */
        CreateShade: {
            /** @description Free text. */
            description?: string | null;
            /** @description Reference swatch. */
            hex?: string | null;
            /** @description 1 to 120 characters. */
            name: string;
        };
        /**
         * @description What to open.
         * @example {
         *       "path": "/train/7/stream"
         *     }
         */
        CreateTicket: {
            /**
             * @description `/export`, or the path of a training stream.
             * @example /train/7/stream
             */
            path: string;
        };
        /**
         * @description A photo to send.
         * @example {
         *       "content_type": "image/jpeg",
         *       "filename": "IMG_2041.jpg",
         *       "size": 6120448
         *     }
         */
        CreateUpload: {
            /**
             * @description An image type, or application/octet-stream if it is unknown; the content decides.
             * @default application/octet-stream
             * @example image/jpeg
             */
            content_type: string;
            /**
             * @description The client's file name, 1 to 255 characters.
             * @example IMG_2041.jpg
             */
            filename: string;
            /**
             * Format: int64
             * @description Its size in bytes.
             * @example 6120448
             */
            size: number;
        };
        /** @description A photo that matches another color best. */
        Disagreement: {
            /**
             * Format: int64
             * @description The color that it matches best.
             */
            color_id: number;
            /** @description Position of the photo in the call, from 1. */
            image_index: number;
        };
        /**
         * @description A photo that could not be analyzed.
         * @example {
         *       "code": "not_an_image",
         *       "error": "The file is not an image that can be read; send a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or JPEG XL.",
         *       "filename": "b.txt",
         *       "image_index": 2,
         *       "status": "failed"
         *     }
         */
        FailedRow: {
            /**
             * @description A stable code for this kind of error, as in a problem.
             * @example no_hair
             */
            code: string;
            /**
             * @description What is wrong with the photo, in one sentence.
             * @example No hair detected in the image.
             */
            error: string;
            /** @example b.txt */
            filename: string;
            /**
             * @description Position of the photo in the call, from 1.
             * @example 2
             */
            image_index: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            status: "failed";
        };
        /**
         * @description The status of a photo that could not be analyzed.
         * @enum {string}
         */
        FailedStatus: "failed";
        /** @description A color that a job could not train. */
        FailureView: {
            /**
             * Format: int64
             * @description The color's id.
             */
            color_id: number;
            /** @description The reason, in one sentence. */
            error: string;
        };
        /**
         * @description Color family of the hair, with gray hair and fashion colors: `black`, `brown`, `blonde`, `red`, `gray`, `pink`,
         *     `blue`, `green`, or `violet`.
         * @enum {string}
         */
        FamilyView: "black" | "brown" | "blonde" | "red" | "gray" | "pink" | "blue" | "green" | "violet";
        /**
         * Format: binary
         * @description The bytes of a file, for the OpenAPI document.
         */
        FileBytes: Blob;
        /**
         * @description The analysis of a photo.
         * @example {
         *       "analysis_summary": {
         *         "estimated_level": "Light",
         *         "estimated_style": "Blonde",
         *         "estimated_tone": "Golden/Yellow",
         *         "family": "blonde",
         *         "gray_percentage": 2.1,
         *         "natural_level": 6,
         *         "professional_level": 8,
         *         "technique": "rooted",
         *         "undertone": "warm",
         *         "zones": [
         *           {
         *             "estimated_tone": "Neutral",
         *             "hex": "#8a6a4c",
         *             "percentage": 30.2,
         *             "professional_level": 6,
         *             "zone": "roots"
         *           },
         *           {
         *             "estimated_tone": "Golden/Yellow",
         *             "hex": "#c49a6b",
         *             "percentage": 41.7,
         *             "professional_level": 8,
         *             "zone": "lengths"
         *           },
         *           {
         *             "estimated_tone": "Golden/Yellow",
         *             "hex": "#cba274",
         *             "percentage": 28.1,
         *             "professional_level": 8,
         *             "zone": "ends"
         *           }
         *         ]
         *       },
         *       "best_matches": [
         *         {
         *           "basis": "model",
         *           "color_differences": [
         *             2.1,
         *             4.8
         *           ],
         *           "color_id": 7,
         *           "combined_score": 0.88,
         *           "lab_difference_score": 3.2,
         *           "name": "#6/27 Brown / Strawberry Blonde",
         *           "nearest_image_id": 12,
         *           "svm_score": 0.91
         *         }
         *       ],
         *       "cached": false,
         *       "dominant_hair_colors": [
         *         {
         *           "hex": "#c69c6d",
         *           "lab": [
         *             66.8,
         *             9.7,
         *             31.2
         *           ],
         *           "lab_daylight": [
         *             68.1,
         *             8.9,
         *             29
         *           ],
         *           "percentage": 61.4,
         *           "rgb": [
         *             198,
         *             156,
         *             109
         *           ]
         *         },
         *         {
         *           "hex": "#a57a4f",
         *           "lab": [
         *             54.2,
         *             11.9,
         *             29.8
         *           ],
         *           "lab_daylight": [
         *             55.6,
         *             11.1,
         *             27.7
         *           ],
         *           "percentage": 38.6,
         *           "rgb": [
         *             165,
         *             122,
         *             79
         *           ]
         *         }
         *       ],
         *       "filename": "a.jpg",
         *       "hair": {
         *         "confidence": 0.97,
         *         "coverage": 0.31,
         *         "covered": 0.01,
         *         "head": 1,
         *         "heads": [
         *           {
         *             "box": {
         *               "height": 0.6,
         *               "width": 0.5,
         *               "x": 0.25,
         *               "y": 0.1
         *             },
         *             "share": 1
         *           }
         *         ],
         *         "presence": 0.99
         *       },
         *       "image_index": 1,
         *       "no_match_score": 0.02,
         *       "photo": {
         *         "color_space": "srgb",
         *         "daylight_error": 4.1
         *       },
         *       "status": "found",
         *       "warnings": []
         *     }
         */
        FoundRow: {
            analysis_summary: components["schemas"]["SummaryView"];
            /** @description The best matches, highest combined score first. */
            best_matches: components["schemas"]["MatchView"][];
            /** @description Whether the measurement came from the cache, so that no network ran. */
            cached: boolean;
            /** @description The dominant colors of the hair, largest share first. */
            dominant_hair_colors: components["schemas"]["ColorShare"][];
            /** @example a.jpg */
            filename: string;
            hair: components["schemas"]["HairView"];
            /**
             * @description Position of the photo in the call, from 1.
             * @example 1
             */
            image_index: number;
            /**
             * Format: float
             * @description Probability, 0 to 1, that the photo shows no hair, or hair of no color in the library. If no color is trained,
             *     only the former.
             * @example 0.02
             */
            no_match_score: number;
            /**
             * @description The overlay as a data URL of a PNG, if requested: the photo with everything but the hair dimmed, or the mask in
             *     gray, white where there is hair.
             */
            overlay?: string | null;
            photo: components["schemas"]["PhotoSourceView"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            status: "found";
            /** @description Warnings that affect how far to trust the result, one sentence each. */
            warnings: string[];
        };
        /**
         * @description The status of an analyzed photo.
         * @enum {string}
         */
        FoundStatus: "found";
        /** @description A color of the hair in an image. */
        HairColor: {
            /** @example #6b4a32 */
            hex: string;
            /**
             * Format: float
             * @description Share of the hair, 0 to 100.
             * @example 61.4
             */
            percentage: number;
        };
        /** @description Whether the photo shows hair, how much of it, and the confidence of the hair parser. */
        HairView: {
            /**
             * Format: float
             * @description Mean probability of the hair pixels, 0.5 to 1.
             * @example 0.97
             */
            confidence: number;
            /**
             * Format: float
             * @description Share of the photo that is hair of this head, 0 to 1.
             * @example 0.31
             */
            coverage: number;
            /**
             * Format: float
             * @description Probability that a hat, a scarf, or a hood covers the head, 0 to 1. It is 0 if the hair parser does not judge it.
             * @example 0.01
             */
            covered: number;
            /**
             * @description The place in `heads`, from 1, of the head that this answer is about.
             * @example 1
             */
            head: number;
            /** @description The heads in the photo, the largest first: people, pictures of a collage, or swatches of a chart. */
            heads: components["schemas"]["Head"][];
            /**
             * Format: float
             * @description Probability that the photo shows hair of a head, 0 to 1. Below 0.5, the row is an error. It is 1 if the hair
             *     parser does not judge it.
             * @example 0.99
             */
            presence: number;
        };
        /** @description A part of the hair, as it would look in neutral light of usual strength. */
        HairZone: {
            estimated_tone: components["schemas"]["ToneView"];
            /**
             * @description The color of its lighter two thirds; the rest is shadow between strands.
             * @example #8a6a4c
             */
            hex: string;
            /**
             * Format: float
             * @description Share of the hair, 0 to 100.
             * @example 30.2
             */
            percentage: number;
            /**
             * Format: int32
             * @description Professional level, 1 (black) to 10 (lightest blonde).
             * @example 6
             */
            professional_level: number;
            zone: components["schemas"]["HairZoneName"];
        };
        /**
         * @description Where a zone lies.
         * @enum {string}
         */
        HairZoneName: "roots" | "lengths" | "ends";
        /** @description A head in a photo. */
        Head: {
            /** @description The box around its hair, in shares of the upright photo. */
            box: components["schemas"]["Box"];
            /**
             * Format: float
             * @description Its share of the hair of all heads, 0 to 1.
             * @example 1
             */
            share: number;
        };
        /**
         * @description The state of the service.
         * @example {
         *       "memory": {
         *         "peak_bytes": 110100480,
         *         "resident_bytes": 103809024
         *       },
         *       "models": {
         *         "backbone": null,
         *         "feature_space": "shade6+hair-parser-ea442195",
         *         "loaded": [
         *           "hair-parser-ea442195"
         *         ],
         *         "parser": "hair-parser-ea442195"
         *       },
         *       "service": "Hair Color Analyzer API",
         *       "status": "healthy",
         *       "store": "embedded",
         *       "uptime_seconds": 3600,
         *       "version": "0.1.0"
         *     }
         */
        Health: {
            memory: components["schemas"]["MemoryHealth"];
            /** @description The models of this process. */
            models: components["schemas"]["ModelsHealth"];
            /** @example Hair Color Analyzer API */
            service: string;
            /** @example healthy */
            status: string;
            /**
             * @description The store that holds the library.
             * @example embedded
             */
            store: string;
            /** Format: int64 */
            uptime_seconds: number;
            /** @description The version of Strand. */
            version: string;
        };
        /** @description An image to add. */
        ImageForm: {
            /**
             * Format: binary
             * @description JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF, or JPEG XL, at most 20 MB and 50 megapixels. These at
             *     most: TIFF 27 (16 bits: 13), WebP 20 to 33 (animated: 14), HEIC and AVIF without tiles 20 and 27, JPEG XL 35 to 44,
             *     GIF 41, progressive JPEG without chroma subsampling 26.
             */
            image: Blob;
        };
        /**
         * @description The result of an import.
         * @example {
         *       "left_out": [],
         *       "message": "Imported 12 shades (10 new) with 42 photos (40 new); ready without training: 12 shades.",
         *       "models_added": 12,
         *       "photos": 42,
         *       "photos_added": 40,
         *       "shades": 12,
         *       "shades_created": 10
         *     }
         */
        ImportView: {
            /** @description Images that could not be imported. */
            left_out: components["schemas"]["LeftOutView"][];
            /** @description A summary in one sentence. */
            message: string;
            /**
             * Format: int64
             * @description Colors that need no training because the file has their model.
             */
            models_added: number;
            /**
             * Format: int64
             * @description Number of images in the file.
             */
            photos: number;
            /**
             * Format: int64
             * @description Images that their color did not have.
             */
            photos_added: number;
            /**
             * Format: int64
             * @description Number of colors in the file.
             */
            shades: number;
            /**
             * Format: int64
             * @description Colors that did not exist; the others were merged into the color of the same name.
             */
            shades_created: number;
        };
        /**
         * @description The state of a job.
         * @enum {string}
         */
        JobStateView: "queued" | "running" | "succeeded" | "failed" | "cancelled";
        /**
         * @description A background training job.
         * @example {
         *       "color_ids": [
         *         7,
         *         8
         *       ],
         *       "created_at": "2026-11-23T06:00:00Z",
         *       "done": 1,
         *       "error": null,
         *       "failures": [
         *         {
         *           "color_id": 7,
         *           "error": "No hair was found in any of the 2 photos of \"Ash\"; add photos in which the hair is well lit and fills a good part of the picture."
         *         }
         *       ],
         *       "id": 3,
         *       "percentage": 50,
         *       "status": "running",
         *       "total": 2,
         *       "updated_at": "2026-11-23T06:00:02Z"
         *     }
         */
        JobView: {
            /** @description The colors to train. */
            color_ids: number[];
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            /** @description Number of finished colors, including failed ones. */
            done: number;
            /** @description Why no color could be trained, if the job failed. */
            error?: string | null;
            /** @description The colors that could not be trained. */
            failures: components["schemas"]["FailureView"][];
            /**
             * Format: int64
             * @description Id, never reused.
             * @example 3
             */
            id: number;
            /**
             * Format: float
             * @description Progress from 0 to 100.
             * @example 50
             */
            percentage: number;
            /** @description The current state. */
            status: components["schemas"]["JobStateView"];
            /** @description Total number of colors. */
            total: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            updated_at: string;
        };
        /** @description An image that the training left out. */
        LeftOut: {
            /** Format: int64 */
            image_id: number;
            reason: string;
        };
        /** @description An image that an import left out. */
        LeftOutView: {
            /** @description The name of its color. */
            color: string;
            /** @description Its file name in the library file. */
            photo: string;
            /** @description The reason, in one sentence. */
            reason: string;
        };
        /**
         * @description Lightness in four steps.
         * @enum {string}
         */
        LevelView: "Dark" | "Medium" | "Light" | "Very Light";
        /** @description A match. */
        MatchView: {
            /** @description What the scores are based on: `model`, `references`, or `swatch`. */
            basis: components["schemas"]["BasisView"];
            /**
             * @description The CIEDE2000 difference of each of `dominant_hair_colors`, in that order, from the closest color of that image
             *     or of the swatch.
             * @example [
             *       2.1,
             *       4.8
             *     ]
             */
            color_differences: number[];
            /**
             * Format: int64
             * @example 7
             */
            color_id: number;
            /**
             * Format: float
             * @description Probability, 0 to 1, that the photo shows hair of this color, among all colors of the library and no match; if no
             *     color is trained, closeness in color times `hair.presence`. Matches are sorted by this score.
             * @example 0.88
             */
            combined_score: number;
            /**
             * Format: float
             * @description CIEDE2000 color difference; lower is closer.
             * @example 3.2
             */
            lab_difference_score: number;
            name: string;
            /**
             * Format: int64
             * @description The id of the color's closest image.
             */
            nearest_image_id?: number | null;
            /**
             * Format: float
             * @description Probability by the SVM, 0 to 1; 0 if the match does not use one.
             * @example 0.91
             */
            svm_score: number;
        };
        /** @description Memory use of this process. */
        MemoryHealth: {
            /**
             * Format: int64
             * @description Peak resident bytes; null if the system does not report them.
             */
            peak_bytes?: number | null;
            /**
             * Format: int64
             * @description Resident bytes now; null if the system does not report them.
             */
            resident_bytes?: number | null;
        };
        /** @description Leave-one-out results of a model. */
        MetricsView: {
            /**
             * Format: float
             * @description Mean of both; 0.5 is chance.
             * @example 0.985
             */
            balanced_accuracy: number;
            /**
             * Format: float
             * @description Share of the color's own images recognized.
             * @example 1
             */
            recall: number;
            /**
             * Format: float
             * @description Share of other colors' images rejected.
             * @example 0.97
             */
            specificity: number;
        };
        /**
         * @description How a model computes its score.
         * @enum {string}
         */
        ModelKindView: "linear_svm" | "similarity";
        /** @description A trained model. */
        ModelView: {
            /** @description `linear_svm`, or `similarity` if this is the only color. */
            kind: components["schemas"]["ModelKindView"];
            metrics?: components["schemas"]["MetricsView"] | null;
            /**
             * Format: int64
             * @description Number of images it was trained on.
             * @example 3
             */
            num_images: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-11-23T06:00:00Z
             */
            trained_at: string;
            /**
             * Format: int64
             * @description 1 for the first training of the color, incremented by each further one.
             * @example 1
             */
            version: number;
        };
        /** @description The models of this process. */
        ModelsHealth: {
            /** @description The backbone, if one is configured. */
            backbone?: string | null;
            /** @description The feature space of models and features. */
            feature_space: string;
            /** @description The models in memory now; each loads at first use. */
            loaded: string[];
            /**
             * @description The hair parser.
             * @example hair-parser-ea442195
             */
            parser: string;
        };
        /**
         * @description An image, named by the key of its upload.
         * @example {
         *       "upload": "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"
         *     }
         */
        NamedUpload: {
            /**
             * @description The upload's key.
             * @example 9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d
             */
            upload: string;
        };
        /**
         * @description Photos to analyze, named by the keys of their uploads.
         * @example {
         *       "uploads": [
         *         "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"
         *       ]
         *     }
         */
        NamedUploads: {
            /**
             * @description The keys of 1 to 5 uploads.
             * @example [
             *       "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"
             *     ]
             */
            uploads: string[];
        };
        /** @description Two colors that are mistaken for each other. */
        PairView: {
            /** @description The two colors. */
            colors: components["schemas"]["SideView"][];
            /** @description Number of images of either that are taken for the other. */
            images: number;
        };
        /** @description One color of a palette shade. */
        PalettePartView: {
            /** @example #674a33 */
            hex: string;
            /**
             * Format: float
             * @description Share of the hair, 0 to 100.
             * @example 60
             */
            percentage: number;
            /** @description Where on the hair it is. */
            place: components["schemas"]["PlaceView"];
        };
        /**
         * @description A shade of the built-in palette.
         * @example {
         *       "blend": "highlighted",
         *       "code": "6/27",
         *       "hex": "#865f3f",
         *       "id": 76,
         *       "name": "#6/27 Chestnut Brown / Strawberry Blonde",
         *       "parts": [
         *         {
         *           "hex": "#674a33",
         *           "percentage": 60,
         *           "place": "throughout"
         *         },
         *         {
         *           "hex": "#b88a5c",
         *           "percentage": 40,
         *           "place": "throughout"
         *         }
         *       ]
         *     }
         */
        PaletteShadeView: {
            /** @description How its parts are distributed. */
            blend: components["schemas"]["BlendView"];
            /**
             * @description Standard shade code.
             * @example 6/27
             */
            code: string;
            /**
             * @description The average color of its parts.
             * @example #865f3f
             */
            hex: string;
            /**
             * Format: int64
             * @description Its position in the palette, from 1; the `color_id` in answers of `/analyze-legacy`.
             * @example 76
             */
            id: number;
            /**
             * @description Code and descriptive name.
             * @example #6/27 Chestnut Brown / Strawberry Blonde
             */
            name: string;
            /** @description One to three colors. A rooted shade lists them from root to tips, any other shade by share, largest first. */
            parts: components["schemas"]["PalettePartView"][];
        };
        /**
         * @description The current phase of a training.
         * @enum {string}
         */
        PhaseView: "processing" | "training" | "complete" | "error";
        /** @description The photo to analyze. */
        PhotoForm: {
            /**
             * Format: binary
             * @description One photo.
             */
            image: Blob;
        };
        /** @description What the file says about itself, and how well the light of the photo is known. */
        PhotoSourceView: {
            /** @description The color space of the file, from which it was converted to sRGB. */
            color_space: components["schemas"]["ColorSpaceView"];
            /**
             * Format: float
             * @description By how much `lab_daylight` is off on average, as a distance in CIE Lab; 0 with `white_balance=off`.
             * @example 4.1
             */
            daylight_error: number;
        };
        /**
         * @description An image of a color.
         * @example {
         *       "bytes": 183402,
         *       "created_at": "2026-11-23T06:00:00Z",
         *       "hair_colors": [
         *         {
         *           "hex": "#6b4a32",
         *           "percentage": 61.4
         *         },
         *         {
         *           "hex": "#8a6448",
         *           "percentage": 38.6
         *         }
         *       ],
         *       "id": 12,
         *       "image_path": "/training_data/7/12.jpg",
         *       "image_url": "../../training_data/7/12.jpg",
         *       "is_processed": false,
         *       "sha256": "790531481c9530b18a9a7c7251b37001430f488f3d03e982a3afd7540d3ab1b1",
         *       "stored_sha256": "1a4f1e6b0f2c9a7d53f0d8b1c4e7a9625d1b3c8f7e604a2b9c5d8e1f3a6b7c90"
         *     }
         */
        PhotoView: {
            /**
             * Format: int64
             * @description Number of bytes that are kept.
             * @example 183402
             */
            bytes: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-11-23T06:00:00Z
             */
            created_at: string;
            /** @description In a list: the colors of its hair, largest share first. Null if it has not been measured yet, or shows no hair. */
            hair_colors?: components["schemas"]["HairColor"][] | null;
            /**
             * Format: int64
             * @description Id, never reused.
             * @example 12
             */
            id: number;
            /**
             * @description The path at which it is served, below the address of the service.
             * @example /training_data/7/12.jpg
             */
            image_path: string;
            /**
             * Format: uri-reference
             * @description A reference to it that is complete: relative to this request, or with the path before the service. Where photos need
             *     a key, it is signed, and opens this image without one for an hour or two.
             * @example ../../training_data/7/12.jpg
             */
            image_url: string;
            /** @description Whether its features have been measured, which happens at the first training. */
            is_processed: boolean;
            /** @description SHA-256 of the bytes that were sent, in hex. The same bytes are never added to a color twice. */
            sha256: string;
            /** @description SHA-256 of the bytes that are kept and served, without metadata, in hex. */
            stored_sha256: string;
        };
        /** @description The photos to analyze. */
        PhotosForm: {
            /**
             * @description 1 to 5 photos: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF, or JPEG XL, each at most 20 MB and 50 megapixels.
             *     These at most: TIFF 27 (16 bits: 13), WebP 20 to 33 (animated: 14), HEIC and AVIF without tiles 20 and 27, JPEG XL
             *     35 to 44, GIF 41, progressive JPEG without chroma subsampling 26.
             */
            images: Blob[];
        };
        /**
         * @description Where on the hair a part of a palette shade is.
         * @enum {string}
         */
        PlaceView: "throughout" | "root" | "tips";
        /** @description The body of every error. */
        Problem: {
            /**
             * @description A stable code for this kind of error.
             * @example not_found
             */
            code: string;
            /**
             * @description What is wrong and how to correct it.
             * @example There is no shade with the ID 7.
             */
            detail: string;
            /** @description The id to look for in the log, with a 5xx status. */
            request_id?: string | null;
            /**
             * Format: int32
             * @description The HTTP status.
             * @example 404
             */
            status: number;
            /**
             * @description The HTTP status as text.
             * @example Not Found
             */
            title: string;
            /**
             * Format: uri-reference
             * @description A reference, relative to the request, to the documentation of this kind of error.
             * @example ../docs/errors#not_found
             */
            type: string;
        };
        /**
         * @description A state of a training: the JSON of one `data:` line of the stream.
         * @example {
         *       "message": "Processing photo 2 of 3.",
         *       "percentage": 20,
         *       "status": "processing",
         *       "step": 1,
         *       "total_steps": 5
         *     }
         */
        ProgressView: {
            /** @description A stable code for this kind of error, as in a problem, with `error`. */
            code?: string | null;
            /** @description The error, with `error`. */
            error?: string | null;
            message: string;
            model?: components["schemas"]["ModelView"] | null;
            /**
             * Format: float
             * @description Progress from 0 to 100; never decreases.
             */
            percentage: number;
            status: components["schemas"]["PhaseView"];
            step: number;
            total_steps: number;
        };
        /**
         * @description The state of what the service needs.
         * @example {
         *       "status": "ready"
         *     }
         */
        Ready: {
            /** @example ready */
            status: string;
        };
        /**
         * @description The result for one photo: `status` says which of the two it is.
         * @example {
         *       "analysis_summary": {
         *         "estimated_level": "Light",
         *         "estimated_style": "Blonde",
         *         "estimated_tone": "Golden/Yellow",
         *         "family": "blonde",
         *         "gray_percentage": 2.1,
         *         "natural_level": 6,
         *         "professional_level": 8,
         *         "technique": "rooted",
         *         "undertone": "warm",
         *         "zones": [
         *           {
         *             "estimated_tone": "Neutral",
         *             "hex": "#8a6a4c",
         *             "percentage": 30.2,
         *             "professional_level": 6,
         *             "zone": "roots"
         *           },
         *           {
         *             "estimated_tone": "Golden/Yellow",
         *             "hex": "#c49a6b",
         *             "percentage": 41.7,
         *             "professional_level": 8,
         *             "zone": "lengths"
         *           },
         *           {
         *             "estimated_tone": "Golden/Yellow",
         *             "hex": "#cba274",
         *             "percentage": 28.1,
         *             "professional_level": 8,
         *             "zone": "ends"
         *           }
         *         ]
         *       },
         *       "best_matches": [
         *         {
         *           "basis": "model",
         *           "color_differences": [
         *             2.1,
         *             4.8
         *           ],
         *           "color_id": 7,
         *           "combined_score": 0.88,
         *           "lab_difference_score": 3.2,
         *           "name": "#6/27 Brown / Strawberry Blonde",
         *           "nearest_image_id": 12,
         *           "svm_score": 0.91
         *         }
         *       ],
         *       "cached": false,
         *       "dominant_hair_colors": [
         *         {
         *           "hex": "#c69c6d",
         *           "lab": [
         *             66.8,
         *             9.7,
         *             31.2
         *           ],
         *           "lab_daylight": [
         *             68.1,
         *             8.9,
         *             29
         *           ],
         *           "percentage": 61.4,
         *           "rgb": [
         *             198,
         *             156,
         *             109
         *           ]
         *         },
         *         {
         *           "hex": "#a57a4f",
         *           "lab": [
         *             54.2,
         *             11.9,
         *             29.8
         *           ],
         *           "lab_daylight": [
         *             55.6,
         *             11.1,
         *             27.7
         *           ],
         *           "percentage": 38.6,
         *           "rgb": [
         *             165,
         *             122,
         *             79
         *           ]
         *         }
         *       ],
         *       "filename": "a.jpg",
         *       "hair": {
         *         "confidence": 0.97,
         *         "coverage": 0.31,
         *         "covered": 0.01,
         *         "head": 1,
         *         "heads": [
         *           {
         *             "box": {
         *               "height": 0.6,
         *               "width": 0.5,
         *               "x": 0.25,
         *               "y": 0.1
         *             },
         *             "share": 1
         *           }
         *         ],
         *         "presence": 0.99
         *       },
         *       "image_index": 1,
         *       "no_match_score": 0.02,
         *       "photo": {
         *         "color_space": "srgb",
         *         "daylight_error": 4.1
         *       },
         *       "status": "found",
         *       "warnings": []
         *     }
         */
        Row: components["schemas"]["FoundRow"] | components["schemas"]["FailedRow"];
        /**
         * @description The status of a color, from its first image to its trained model.
         * @enum {string}
         */
        ShadeStatusView: "pending_data" | "untrained" | "training" | "ready" | "stale" | "failed";
        /**
         * @description A color.
         * @example {
         *       "created_at": "2026-11-23T05:00:00Z",
         *       "description": null,
         *       "hex": "#a9714b",
         *       "id": 7,
         *       "image_count": 3,
         *       "model": {
         *         "kind": "linear_svm",
         *         "metrics": {
         *           "balanced_accuracy": 0.985,
         *           "recall": 1,
         *           "specificity": 0.97
         *         },
         *         "num_images": 3,
         *         "trained_at": "2026-11-23T06:00:00Z",
         *         "version": 1
         *       },
         *       "name": "#6/27 Brown / Strawberry Blonde",
         *       "status": "ready"
         *     }
         */
        ShadeView: {
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             * @example 2026-11-23T06:00:00Z
             */
            created_at: string;
            /** @description Free text. */
            description?: string | null;
            /**
             * @description Reference swatch.
             * @example #a9714b
             */
            hex?: string | null;
            /**
             * Format: int64
             * @description Id, never reused.
             * @example 7
             */
            id: number;
            /**
             * Format: int64
             * @description Number of images.
             * @example 3
             */
            image_count: number;
            model?: components["schemas"]["ModelView"] | null;
            /**
             * @description The name, unique when compared trimmed, case-folded, and in NFC.
             * @example #6/27 Brown / Strawberry Blonde
             */
            name: string;
            /** @description The status, from its first image to its trained model. */
            status: components["schemas"]["ShadeStatusView"];
        };
        /** @description One color of a pair. */
        SideView: {
            /** Format: int64 */
            color_id: number;
            /**
             * Format: int64
             * @description An image to compare: one that is mistaken, where the color has one.
             */
            image_id: number;
            name: string;
        };
        /**
         * @description Color family of the hair, in three words.
         * @enum {string}
         */
        StyleView: "Black" | "Brown" | "Blonde";
        /** @description The hair in a colorist's terms, as it would look in neutral light of usual strength (`lab_daylight`). */
        SummaryView: {
            estimated_level: components["schemas"]["LevelView"];
            estimated_style: components["schemas"]["StyleView"];
            estimated_tone: components["schemas"]["ToneView"];
            /** @description Color family, with gray hair and fashion colors. */
            family: components["schemas"]["FamilyView"];
            /**
             * Format: float
             * @description Share of the hair that is gray or white, 0 to 100.
             * @example 2.1
             */
            gray_percentage: number;
            /**
             * Format: int32
             * @description The professional level at the roots, where hair that was not colored shows first.
             * @example 6
             */
            natural_level: number;
            /**
             * Format: int32
             * @description Professional level, 1 (black) to 10 (lightest blonde).
             * @example 8
             */
            professional_level: number;
            technique: components["schemas"]["TechniqueView"];
            undertone: components["schemas"]["UndertoneView"];
            /** @description Roots, lengths, and ends: the upper, middle, and lower third of hair that hangs down. */
            zones: components["schemas"]["HairZone"][];
        };
        /**
         * @description How the hair seems to be colored, by how its lightness runs from roots to ends: `solid`, `rooted`, or `balayage`.
         * @enum {string}
         */
        TechniqueView: "solid" | "rooted" | "balayage";
        /**
         * @description A ticket.
         * @example {
         *       "expires_at": "2026-11-23T06:01:00Z",
         *       "ticket": "1795759260-6f1c-9b2c"
         *     }
         */
        TicketView: {
            /**
             * Format: date-time
             * @description Use it before this time. RFC 3339, UTC.
             * @example 2026-11-23T06:01:00Z
             */
            expires_at: string;
            /**
             * @description Add it to the query as `ticket`.
             * @example 1795759260-6f1c-9b2c
             */
            ticket: string;
        };
        /**
         * @description One answer for photos of one head.
         * @example {
         *       "best_matches": [
         *         {
         *           "color_id": 7,
         *           "combined_score": 0.91,
         *           "name": "#6/27 Brown / Strawberry Blonde"
         *         },
         *         {
         *           "color_id": 9,
         *           "combined_score": 0.05,
         *           "name": "#8"
         *         }
         *       ],
         *       "disagreeing": [
         *         {
         *           "color_id": 9,
         *           "image_index": 3
         *         }
         *       ],
         *       "images": [
         *         1,
         *         2,
         *         3
         *       ],
         *       "no_match_score": 0.02,
         *       "warnings": [
         *         "Photo 3 looks more like \"#8\" than \"#6/27 Brown / Strawberry Blonde\"; check that it shows the same head."
         *       ]
         *     }
         */
        Together: {
            /** @description The best matches, highest score first. */
            best_matches: components["schemas"]["TogetherMatch"][];
            /** @description The photos that match another color best. */
            disagreeing: components["schemas"]["Disagreement"][];
            /** @description The photos that it rests on, by `image_index`: those in which hair was found. */
            images: number[];
            /**
             * Format: float
             * @description Probability, 0 to 1, that the head has none of the colors; 0 if no color is trained and all photos show hair.
             */
            no_match_score: number;
            /** @description What to do about them, one sentence each. */
            warnings: string[];
        };
        /** @description A match of all photos. */
        TogetherMatch: {
            /**
             * Format: int64
             * @example 7
             */
            color_id: number;
            /**
             * Format: float
             * @description Probability, 0 to 1, that the head has this color, among all colors of the library and no match; if no color is
             *     trained, mean closeness in color.
             * @example 0.91
             */
            combined_score: number;
            name: string;
        };
        /**
         * @description Tone of the hair.
         * @enum {string}
         */
        ToneView: "Neutral" | "Warm/Red" | "Cool/Green" | "Golden/Yellow" | "Ash/Blue";
        /**
         * @description The result of a training.
         * @example {
         *       "color_id": 7,
         *       "left_out": [
         *         {
         *           "image_id": 13,
         *           "reason": "No hair detected in the image."
         *         }
         *       ],
         *       "message": "Successfully trained model for color_id 7. Left out, because no hair is visible: 1 image.",
         *       "model": {
         *         "kind": "linear_svm",
         *         "metrics": {
         *           "balanced_accuracy": 0.985,
         *           "recall": 1,
         *           "specificity": 0.97
         *         },
         *         "num_images": 3,
         *         "trained_at": "2026-11-23T06:00:00Z",
         *         "version": 1
         *       }
         *     }
         */
        TrainedView: {
            /** Format: int64 */
            color_id: number;
            /** @description Images without hair, which the model does not use. */
            left_out: components["schemas"]["LeftOut"][];
            message: string;
            model: components["schemas"]["ModelView"];
        };
        /**
         * @description Whether the hair is warm.
         * @enum {string}
         */
        UndertoneView: "warm" | "neutral" | "cool";
        /**
         * @description Fields of a color to change. Omitted fields stay as they are; null clears a description or swatch.
         * @example {
         *       "description": null,
         *       "name": "#6/27 Brown / Strawberry"
         *     }
         */
        UpdateShade: {
            /** @description Free text. */
            description?: string | null;
            /** @description Reference swatch. */
            hex?: string | null;
            /** @description 1 to 120 characters; name cannot be null. */
            name?: string;
        };
        /**
         * @description Where and how to send a photo.
         * @example {
         *       "expires_at": "2026-11-23T06:15:00Z",
         *       "headers": {
         *         "content-type": "image/jpeg"
         *       },
         *       "key": "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d",
         *       "method": "PUT",
         *       "url": "https://strand.example/uploads/9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d"
         *     }
         */
        UploadView: {
            /**
             * Format: date-time
             * @description Send and use it before this time. RFC 3339, UTC.
             * @example 2026-11-23T06:15:00Z
             */
            expires_at: string;
            /**
             * @description The headers to send with it.
             * @example {
             *       "content-type": "image/jpeg"
             *     }
             */
            headers: {
                [key: string]: string;
            };
            /**
             * @description The key that names the photo afterwards, in `/analyze` and `/colors/{id}/images`.
             * @example 9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d
             */
            key: string;
            /**
             * @description The method to send it with.
             * @example PUT
             */
            method: string;
            /**
             * @description The URL to send it to.
             * @example https://strand.example/uploads/9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d
             */
            url: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    analyze: {
        parameters: {
            query?: {
                /**
                 * @description `true` adds a small copy of the photo with everything but the hair dimmed; `mask` adds the hair mask alone.
                 * @example true
                 */
                overlay?: "true" | "false" | "mask";
                /**
                 * @description `auto` (the default) estimates the light from skin, background, and the brightest spot before matching; `off`
                 *     takes the hair as the photo shows it.
                 * @example auto
                 */
                white_balance?: "auto" | "off";
                /**
                 * @description Which head of a photo to analyze: a place in `hair.heads`, from 1, the largest and the default. For one photo only.
                 * @example 1
                 */
                head?: number;
                /**
                 * @description `true` adds `together`, one answer for all photos, which have to show the same head. It is right more often than the
                 *     answer for any one of them.
                 * @example true
                 */
                together?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["PhotosForm"];
                "application/json": components["schemas"]["NamedUploads"];
            };
        };
        responses: {
            /** @description One row per photo, in upload order */
            200: {
                headers: {
                    /** @description Milliseconds of `read`, `decode`, `find_hair`, `measure`, and `match`, summed over the photos; 0 for a stage that did not run */
                    "server-timing"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysisView"];
                };
            };
            /** @description Malformed query or body */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_multipart",
                     *       "detail": "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_multipart"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The whole body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_too_large",
                     *       "detail": "The JSON body is larger than 256 kB, which no request here needs; send a photo as a file (multipart/form-data), or through POST /uploads.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#body_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another encoding than gzip, or text in another than UTF-8 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "encoding_unsupported",
                     *       "detail": "The encoding \"br\" is not supported; send the body as it is or with gzip, and text in UTF-8.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#encoding_unsupported"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No photo, too many, or a file in a field of another name */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "missing_photo",
                     *       "detail": "There is no photo; send 1 to 5 as files in \"images\", or name uploads in \"uploads\".",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#missing_photo"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a network is not installed; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "overloaded",
                     *       "detail": "Strand is busy with other photos; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#overloaded"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyze_legacy: {
        parameters: {
            query?: {
                /**
                 * @description `true` adds a small copy of the photo with everything but the hair dimmed; `mask` adds the hair mask alone.
                 * @example true
                 */
                overlay?: "true" | "false" | "mask";
                /**
                 * @description `auto` (the default) estimates the light from skin, background, and the brightest spot before matching; `off`
                 *     takes the hair as the photo shows it.
                 * @example auto
                 */
                white_balance?: "auto" | "off";
                /**
                 * @description Which head of a photo to analyze: a place in `hair.heads`, from 1, the largest and the default. For one photo only.
                 * @example 1
                 */
                head?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["PhotoForm"];
                "application/json": components["schemas"]["NamedUpload"];
            };
        };
        responses: {
            /** @description One row; color_id is the shade's place in the palette */
            200: {
                headers: {
                    /** @description Milliseconds of `read`, `decode`, `find_hair`, `measure`, and `match`, summed over the photos; 0 for a stage that did not run */
                    "server-timing"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Row"][];
                };
            };
            /** @description Malformed query or body */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_multipart",
                     *       "detail": "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_multipart"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The whole body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_too_large",
                     *       "detail": "The JSON body is larger than 256 kB, which no request here needs; send a photo as a file (multipart/form-data), or through POST /uploads.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#body_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another encoding than gzip, or text in another than UTF-8 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "encoding_unsupported",
                     *       "detail": "The encoding \"br\" is not supported; send the body as it is or with gzip, and text in UTF-8.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#encoding_unsupported"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No photo, too many, or a file in a field of another name */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "missing_photo",
                     *       "detail": "There is no photo; send 1 to 5 as files in \"images\", or name uploads in \"uploads\".",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#missing_photo"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy, or a network is not installed; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "overloaded",
                     *       "detail": "Strand is busy with other photos; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#overloaded"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_cache_stats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cache statistics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CacheView"];
                };
            };
        };
    };
    clear_cache: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many there were */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cleared"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_colors: {
        parameters: {
            query?: {
                /**
                 * @description Maximum number of items, 1 to 1000; without it, all of them.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Start of the page, from the `Link` header of the previous page.
                 * @example 8
                 */
                cursor?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The colors; the next page, if any, in the Link header */
            200: {
                headers: {
                    link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShadeView"][];
                };
            };
            /** @description Malformed query */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The limit \"many\" is not a number from 1 to 1000.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_color: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A text of the client's choice, new for each new request, such as a UUID. For a day, the same request with the same
                 *     key gets the same answer, and nothing is created again.
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateShade"];
            };
        };
        responses: {
            /** @description The new color */
            201: {
                headers: {
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShadeView"];
                };
            };
            /** @description Malformed id, or not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_json",
                     *       "detail": "The JSON body does not fit this route: expected value at line 1 column 1.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_json"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another color has the name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "name_taken",
                     *       "detail": "A shade named \"Ash\" exists already; choose another name (upper and lower case count as the same).",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#name_taken"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_too_large",
                     *       "detail": "The JSON body is larger than 256 kB, which no request here needs; send a photo as a file (multipart/form-data), or through POST /uploads.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#body_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No JSON content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_json",
                     *       "detail": "The body must be JSON, with the header content-type: application/json.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#not_json"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Invalid values */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "invalid_value",
                     *       "detail": "Enter a name (up to 120 characters).",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#invalid_value"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_color: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The color */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShadeView"];
                };
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_color: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_color: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateShade"];
            };
        };
        responses: {
            /** @description The changed color */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShadeView"];
                };
            };
            /** @description Malformed id, or not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_json",
                     *       "detail": "The JSON body does not fit this route: expected value at line 1 column 1.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_json"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another color has the name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "name_taken",
                     *       "detail": "A shade named \"Ash\" exists already; choose another name (upper and lower case count as the same).",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#name_taken"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_too_large",
                     *       "detail": "The JSON body is larger than 256 kB, which no request here needs; send a photo as a file (multipart/form-data), or through POST /uploads.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#body_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No JSON content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_json",
                     *       "detail": "The body must be JSON, with the header content-type: application/json.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#not_json"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Invalid values */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "invalid_value",
                     *       "detail": "Enter a name (up to 120 characters).",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#invalid_value"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The images */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PhotoView"][];
                };
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_image: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description An id of the client's for this request: up to 128 letters, digits, and `-_.:`. The answer and the log have it.
                 * @example salon-7
                 */
                "x-request-id"?: string;
                /**
                 * @description A text of the client's choice, new for each new request, such as a UUID. For a day, the same request with the same
                 *     key gets the same answer, and nothing is created again.
                 */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["ImageForm"];
                "application/json": components["schemas"]["NamedUpload"];
            };
        };
        responses: {
            /** @description The color has the same bytes already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PhotoView"];
                };
            };
            /** @description The new image */
            201: {
                headers: {
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PhotoView"];
                };
            };
            /** @description Malformed path, query or body, or a damaged photo */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_multipart",
                     *       "detail": "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_multipart"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id or upload */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "upload_not_found",
                     *       "detail": "There is no upload with the key \"9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d\"; ask POST /uploads for one.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#upload_not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nothing was sent to the upload yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "upload_empty",
                     *       "detail": "Nothing has been sent to the upload \"9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d\" yet; PUT the photo to its url first.",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#upload_empty"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many bytes or pixels */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "photo_too_large",
                     *       "detail": "The file \"a.jpg\" is larger than 20 MB; send a smaller photo, 1280 pixels on the long side are plenty.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#photo_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not a supported image */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_an_image",
                     *       "detail": "The file is not an image that can be read; send a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or JPEG XL.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#not_an_image"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No photo, more than one, or a file in a field of another name */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "missing_photo",
                     *       "detail": "There is no photo; send one photo as a file in the field \"image\".",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#missing_photo"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy with other photos, or the library cannot be reached; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "overloaded",
                     *       "detail": "Strand is busy with other photos; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#overloaded"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
                /**
                 * @description Image id.
                 * @example 12
                 */
                image_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_confusions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The pairs, and each trained color */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfusionsView"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_library: {
        parameters: {
            query?: {
                /**
                 * @description A ticket for this path, in place of the key.
                 * @example 1795759260-6f1c-9b2c
                 */
                ticket?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    /** @description A name for the file */
                    "content-disposition"?: string;
                    /** @description How many photos are in it */
                    "x-strand-photos"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": components["schemas"]["FileBytes"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    import_library: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description A file of `GET /export` */
        requestBody: {
            content: {
                "application/x-tar": components["schemas"]["FileBytes"];
            };
        };
        responses: {
            /** @description It is imported */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportView"];
                };
            };
            /** @description The body broke off or stalled */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_interrupted",
                     *       "detail": "The body breaks off or stalls; send the file again.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#body_interrupted"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another import is running */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "import_running",
                     *       "detail": "Another import is running; wait until it ends, then send this one.",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#import_running"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_too_large",
                     *       "detail": "The library file is larger than 8 GB; import it with `strand-server import` instead.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#body_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "archive_wrong_type",
                     *       "detail": "The body must be the bytes of a library file, with the header content-type: application/x-tar.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#archive_wrong_type"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not a library file, a damaged one, or one of a newer version; nothing of it was imported */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "archive_damaged",
                     *       "detail": "The library file is cut short, so nothing of it was imported; copy or export it again.",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#archive_damaged"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The server's disk has no room for this file; free some there, then send it again.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_jobs: {
        parameters: {
            query?: {
                /**
                 * @description Maximum number of items, 1 to 1000; without it, all of them.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Start of the page, from the `Link` header of the previous page.
                 * @example 8
                 */
                cursor?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The jobs; the next page, if any, in the Link header */
            200: {
                headers: {
                    link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"][];
                };
            };
            /** @description Malformed query */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The limit \"many\" is not a number from 1 to 1000.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Job id.
                 * @example 3
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Job id.
                 * @example 3
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job, which is cancelled */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job has succeeded or failed already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "job_over",
                     *       "detail": "The job 1 is over, so it cannot be cancelled.",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#job_over"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Metrics are not available in this deployment */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "no_route",
                     *       "detail": "There is no route /metrics; see /docs.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#no_route"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_palette: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shades: solid, then highlighted, then rooted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaletteShadeView"][];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Photos can be matched and added */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description The model, the store, or the disk does not work; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_ready",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#not_ready"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_ticket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTicket"];
            };
        };
        responses: {
            /** @description The ticket */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TicketView"];
                };
            };
            /** @description Malformed id, or not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_json",
                     *       "detail": "The JSON body does not fit this route: expected value at line 1 column 1.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_json"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_too_large",
                     *       "detail": "The JSON body is larger than 256 kB, which no request here needs; send a photo as a file (multipart/form-data), or through POST /uploads.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#body_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No JSON content type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_json",
                     *       "detail": "The body must be JSON, with the header content-type: application/json.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#not_json"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Invalid values */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "invalid_value",
                     *       "detail": "Enter a name (up to 120 characters).",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#invalid_value"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    train_all: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A text of the client's choice, new for each new request, such as a UUID. For a day, the same request with the same
                 *     key gets the same answer, and nothing is created again.
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job */
            202: {
                headers: {
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            /** @description Malformed idempotency-key */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The idempotency-key has 0 characters; use 1 to 255 printable ASCII characters.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The first request with this key is not answered yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "idempotency_key_in_use",
                     *       "detail": "The first request with this idempotency key is not answered yet; send it again in a few seconds.",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#idempotency_key_in_use"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key was used for another request */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "idempotency_key_reused",
                     *       "detail": "This idempotency key was used for another request; use a new key for each new request.",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#idempotency_key_reused"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    train_color: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description `respond-async` to get a job instead of waiting for the result.
                 * @example respond-async
                 */
                prefer?: string;
                /**
                 * @description A text of the client's choice, new for each new request, such as a UUID. For a day, the same request with the same
                 *     key gets the same answer, and nothing is created again.
                 */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The color is trained */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrainedView"];
                };
            };
            /** @description The job */
            202: {
                headers: {
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            /** @description No image to train on, or malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "no_images",
                     *       "detail": "The shade \"Ash\" has no photos yet; add at least one photo of it, then train it.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#no_images"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The first request with this key is not answered yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "idempotency_key_in_use",
                     *       "detail": "The first request with this idempotency key is not answered yet; send it again in a few seconds.",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#idempotency_key_in_use"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No hair in any image, or a stored image is damaged */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "no_hair",
                     *       "detail": "No hair was found in any of the 2 photos of \"Ash\"; add photos in which the hair is well lit and fills a good part of the picture.",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#no_hair"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A network is not installed, or the library cannot be reached; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "runtime_missing",
                     *       "detail": "ONNX Runtime is not installed on this server; run `models/fetch-onnxruntime` there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#runtime_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    follow_training: {
        parameters: {
            query?: {
                /**
                 * @description `true` trains a color that is `ready` again.
                 * @example true
                 */
                again?: boolean;
                /**
                 * @description A ticket for this path, in place of the key.
                 * @example 1795759260-6f1c-9b2c
                 */
                ticket?: string;
            };
            header?: {
                /**
                 * @description The id of the last event received, when connecting again
                 * @example training-end
                 */
                "last-event-id"?: string | null;
            };
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description States, then the end; the `data` of each event is the JSON of a `ProgressView` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: training-0
                     *     retry: 3000
                     *     data: {"step":0,"total_steps":5,"message":"Processing photo 1 of 3.","percentage":0.0,"status":"processing"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description The training of which `Last-Event-ID` is an event is over */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_image: {
        parameters: {
            query?: {
                /**
                 * @description `true` gives the file as it is kept, also where a browser does not show it.
                 * @example false
                 */
                original?: boolean;
            };
            header?: never;
            path: {
                /**
                 * @description Color id.
                 * @example 7
                 */
                id: number;
                /**
                 * @description File name from `image_path`.
                 * @example 12.jpg
                 */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The photo */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": components["schemas"]["FileBytes"];
                };
            };
            /** @description Malformed id */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_request",
                     *       "detail": "The path does not fit this route; ids are positive whole numbers.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_request"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "not_found",
                     *       "detail": "There is no shade with the ID 7.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_upload: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A text of the client's choice, new for each new request, such as a UUID. For a day, the same request with the same
                 *     key gets the same answer, and nothing is created again.
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateUpload"];
            };
        };
        responses: {
            /** @description Where to send it */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadView"];
                };
            };
            /** @description Malformed id, or not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "malformed_json",
                     *       "detail": "The JSON body does not fit this route: expected value at line 1 column 1.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#malformed_json"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An API key is set and none was sent */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_missing",
                     *       "detail": "This route needs the API key; send it as the header x-api-key or as a bearer token.",
                     *       "status": 401,
                     *       "title": "Unauthorized",
                     *       "type": "../docs/errors#key_missing"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Wrong or expired API key, one of another scope, or a ticket that does not count */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "key_wrong",
                     *       "detail": "Wrong API key; check the value of x-api-key or the bearer token.",
                     *       "status": 403,
                     *       "title": "Forbidden",
                     *       "type": "../docs/errors#key_wrong"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The first request with this key is not answered yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "idempotency_key_in_use",
                     *       "detail": "The first request with this idempotency key is not answered yet; send it again in a few seconds.",
                     *       "status": 409,
                     *       "title": "Conflict",
                     *       "type": "../docs/errors#idempotency_key_in_use"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Larger than a photo may be, or the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "upload_too_large",
                     *       "detail": "A photo of 30000000 bytes is too large; the limit is 20 MB.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#upload_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No JSON content type, or a type that no photo has */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "upload_type_unsupported",
                     *       "detail": "\"text/plain\" is not an image type; use that of the file, such as image/jpeg, or application/octet-stream.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#upload_type_unsupported"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Invalid values */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "invalid_value",
                     *       "detail": "The size is 0 bytes; state the size of the photo in bytes.",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#invalid_value"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests, or too many wrong keys; see Retry-After */
            429: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "too_many_requests",
                     *       "detail": "Too many requests came from here; try again in 1 s.",
                     *       "status": 429,
                     *       "title": "Too Many Requests",
                     *       "type": "../docs/errors#too_many_requests"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The library cannot be reached just now; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "store_unavailable",
                     *       "detail": "The library cannot be reached just now; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#store_unavailable"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description As POST /uploads gave it
                 * @example 9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": components["schemas"]["FileBytes"];
                "image/*": components["schemas"]["FileBytes"];
            };
        };
        responses: {
            /** @description It is there */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The body breaks off */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_interrupted",
                     *       "detail": "The body breaks off or stalls; send the file again.",
                     *       "status": 400,
                     *       "title": "Bad Request",
                     *       "type": "../docs/errors#body_interrupted"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unknown or expired */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "upload_not_found",
                     *       "detail": "There is no upload with the key \"0\"; ask POST /uploads for one.",
                     *       "status": 404,
                     *       "title": "Not Found",
                     *       "type": "../docs/errors#upload_not_found"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Longer than agreed on */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "body_too_large",
                     *       "detail": "The body is longer than the 1000 bytes that the upload was asked for; ask POST /uploads for one of its size.",
                     *       "status": 413,
                     *       "title": "Payload Too Large",
                     *       "type": "../docs/errors#body_too_large"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another type than agreed on */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "upload_type_mismatch",
                     *       "detail": "The upload was announced as image/jpeg, but was sent as another type; send it with the headers that POST /uploads gave.",
                     *       "status": 415,
                     *       "title": "Unsupported Media Type",
                     *       "type": "../docs/errors#upload_type_mismatch"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Shorter than agreed on */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "upload_size_mismatch",
                     *       "detail": "The upload has 10 bytes, but was announced with 1000; ask POST /uploads for one of the right size.",
                     *       "status": 422,
                     *       "title": "Unprocessable Entity",
                     *       "type": "../docs/errors#upload_size_mismatch"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Strand failed; its log has the reason under `request_id` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "internal",
                     *       "detail": "Strand failed to do this; its log has the reason.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 500,
                     *       "title": "Internal Server Error",
                     *       "type": "../docs/errors#internal"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Busy with other photos, or the library cannot be reached; see Retry-After */
            503: {
                headers: {
                    /** @description Seconds until it is worth trying again, such as 2 */
                    "retry-after"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "overloaded",
                     *       "detail": "Strand is busy with other uploads; try again in a few seconds.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 503,
                     *       "title": "Service Unavailable",
                     *       "type": "../docs/errors#overloaded"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No room on the disk of the library, or its quota is reached */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": "disk_full",
                     *       "detail": "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there.",
                     *       "request_id": "2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11",
                     *       "status": 507,
                     *       "title": "Insufficient Storage",
                     *       "type": "../docs/errors#disk_full"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
