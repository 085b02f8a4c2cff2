using BackupRunner.Bench;

// "serve ADDRESS_FILE OBJECTS": the endpoints alone, in a process of their own. "load ADDRESS RATE SECONDS CONNECTIONS OBJECTS REVIEW...": the load.
return args switch
{
    ["serve", var file, var objects] => await AdmissionHost.Run(file, AdmissionNumbers.Whole(objects)),
    ["load", var address, var rate, var seconds, var connections, var objects, .. var reviews] =>
        await AdmissionLoad.Run(new Uri(address), AdmissionNumbers.Whole(rate), AdmissionNumbers.Whole(seconds), AdmissionNumbers.Whole(connections), AdmissionNumbers.Whole(objects), reviews),
    _ => 2,
};
